import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { NODE_FLAGS } from '#stack/launch.ts';
import type { Benchmark, Row } from '../benchmark.ts';
import { medianOf } from '../quantiles.ts';
import { revaluationReportSchema } from '../revaluation/report.ts';
import { countText, mebibytesText, rateText } from '../words.ts';

const MAIN = path.join(import.meta.dirname, '..', 'revaluation', 'main.ts');
const RUN_MS_MAX = 120_000;

const ACCOUNTS = 100_000;
const POSITIONS = 10;
const SYMBOLS = 500;
const SWEEPS = 9;
const SWEEPS_QUICK = 5;

const UPDATES_PER_S_MIN = 5e6;
const RSS_BYTES_MAX = 2 ** 30;

/** How fast the engine's book is revalued in memory, without Kafka, and how much of it that takes. */
export const revaluation: Benchmark = {
  name: 'revaluation',
  title: 'revaluation in process',
  run: async ({ quick }) => {
    const sweeps = quick ? SWEEPS_QUICK : SWEEPS;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [...NODE_FLAGS, MAIN, ...[ACCOUNTS, POSITIONS, SYMBOLS, sweeps].map(String)],
      { timeout: RUN_MS_MAX },
    );
    const report = revaluationReportSchema.parse(JSON.parse(stdout));
    const perCore = medianOf(report.sweeps.map(({ updates, cpuMs }) => (updates / cpuMs) * 1_000));
    const byClock = medianOf(
      report.sweeps.map(({ updates, wallMs }) => (updates / wallMs) * 1_000),
    );
    const size = `${countText(ACCOUNTS)} accounts × ${String(POSITIONS)} positions`;
    const rows: Row[] = [
      {
        figure: 'revaluation in process, one core',
        target: '≥ 5 million position updates/s',
        measured: `${rateText(perCore)} (by the clock ${rateText(byClock)})`,
        met: perCore >= UPDATES_PER_S_MIN,
        yardstick: null,
        conditions:
          `${size}, ${String(SYMBOLS)} symbols, all prices move: the engine's Book gives each account ` +
          `its figures, status and eight stress rows; median of ${String(sweeps)} sweeps; updates per ` +
          'second of CPU time, garbage collection included; the sum of all equities is exact each time',
      },
      {
        figure: 'memory of that book',
        target: '≤ 1 GiB',
        measured: `${mebibytesText(report.rssMaxBytes)} resident at most`,
        met: report.rssMaxBytes <= RSS_BYTES_MAX,
        yardstick: null,
        conditions: `${size}; the whole process, at its peak`,
      },
    ];
    return rows;
  },
};
