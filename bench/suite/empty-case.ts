import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { NODE_FLAGS } from '#stack/launch.ts';
import { temporalNamespace } from '#stack/server-catalog.ts';
import { z } from 'zod';
import type { Benchmark } from '../benchmark.ts';
import { quantilesOf } from '../quantiles.ts';
import { countText, latencyText } from '../words.ts';

const MAIN = path.join(import.meta.dirname, '..', 'empty-case', 'main.ts');
const RUN_MS_MAX = 180_000;
/** As `margin-calls` starts them. */
const RATE_PER_S = 100;
const WARM_UP = 300;
const TIMED = 1_000;
const TIMED_QUICK = 300;

/** What Temporal alone does at the rate of a crash: no product can be sooner on these cores. */
export const emptyCase: Benchmark = {
  name: 'empty-case',
  title: 'Temporal alone: an empty case',
  run: async ({ quick, stack, variables }) => {
    const count = quick ? TIMED_QUICK : TIMED;
    const counts = [WARM_UP, count, RATE_PER_S].map(String);
    const server = [stack.temporalAddress, temporalNamespace(variables)];
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [...NODE_FLAGS, MAIN, ...server, ...counts],
      { timeout: RUN_MS_MAX },
    );
    const latenciesMs = z.array(z.number()).parse(JSON.parse(stdout));
    return [
      {
        figure: `empty case → its first activity, ${String(RATE_PER_S)} new cases/s`,
        target: null,
        measured: latencyText(quantilesOf(latenciesMs)),
        met: null,
        yardstick: null,
        conditions:
          `${countText(count)} workflows that do nothing but take a signal, begin an activity and set a timer, ` +
          `after ${countText(WARM_UP)} to warm up; the SDK’s own worker, no Kafka, no product: what the server ` +
          'and its worker take of these cores at the rate of the margin calls below',
      },
    ];
  },
};
