import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { NODE_FLAGS } from '#stack/launch.ts';
import type { Benchmark } from '../benchmark.ts';
import { ACCOUNTS, SCOPES, STRATEGIES, SYMBOLS } from '../gate-decision/flow.ts';
import { gateDecisionReportSchema } from '../gate-decision/report.ts';
import { medianOf } from '../quantiles.ts';
import { countText, rateText } from '../words.ts';

const MAIN = path.join(import.meta.dirname, '..', 'gate-decision', 'main.ts');
const RUN_MS_MAX = 120_000;

const DECISIONS = 1_000_000;
const DECISIONS_QUICK = 200_000;
const SWEEPS = 15;
const SWEEPS_QUICK = 5;

const P50_US_MAX = 1;
const P99_US_MAX = 5;
const PER_CORE_S_MIN = 1e6;

/** How long the gate thinks about an order, without Kafka. */
export const gateDecision: Benchmark = {
  name: 'gate-decision',
  title: 'the gate’s decision in process',
  run: async ({ quick }) => {
    const sizes = quick ? [DECISIONS_QUICK, SWEEPS_QUICK] : [DECISIONS, SWEEPS];
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [...NODE_FLAGS, MAIN, ...sizes.map(String)],
      { timeout: RUN_MS_MAX },
    );
    const report = gateDecisionReportSchema.parse(JSON.parse(stdout));
    const { p50Us, p99Us, maxUs, clockUs, codes, decisions } = report;
    const perCore = medianOf(report.perCoreS);
    const said = Object.entries(codes)
      .map(([code, count]) => `${code} ${countText(count)}`)
      .join(', ');
    const size =
      `${countText(ACCOUNTS)} accounts with a position each, ${countText(SCOPES)} scopes that somebody holds ` +
      `(kill, close-only, throttle; one over the whole firm), ${String(SYMBOLS)} symbols, ${String(STRATEGIES)} strategies`;
    return [
      {
        figure: 'one decision of the gate',
        target: 'p50 ≤ 1 µs, p99 ≤ 5 µs',
        measured: `p50 ${usText(p50Us)} · p99 ${usText(p99Us)} · max ${usText(maxUs)}`,
        met: p50Us <= P50_US_MAX && p99Us <= P99_US_MAX,
        yardstick: null,
        conditions:
          `${size}; ${countText(decisions)} orders as if 5,000 came a second, each decided as soon as it is read ` +
          `and timed by the clock, whose own ${usText(clockUs)} and what others do on the core are included: ${said}`,
      },
      {
        figure: 'decisions of the gate, one core',
        target: '≥ 1 million/s',
        measured: rateText(perCore),
        met: perCore >= PER_CORE_S_MIN,
        yardstick: null,
        conditions: `the same flow; median of ${String(sizes[1])} lots of 50,000, per second of CPU time of all threads; reading the orders, 500 at a time, is not in it`,
      },
    ];
  },
};

/** `0.84 µs`, `1.2 ms`. */
function usText(us: number): string {
  return us < 1_000 ? `${us.toFixed(2)} µs` : `${(us / 1_000).toFixed(1)} ms`;
}
