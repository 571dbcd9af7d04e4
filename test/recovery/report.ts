import os from 'node:os';
import { quantilesOf } from '../../bench/quantiles.ts';
import type { BrokenThing } from './break-things.ts';
import type { FaultKind } from './fault-plan.ts';
import type { RecoveryResult } from './recovery-run.ts';

/** What a soak has seen, as Markdown for docs/soak-report.md. */
export function soakReport(result: RecoveryResult): string {
  const { seed, plan, failures, counts, ownEnds } = result;
  const minutes = (result.ranMs / 60_000).toFixed(0);
  const cores = os.cpus();
  return [
    '# Soak report',
    '',
    `Written by \`npm run soak -- recovery --seed ${String(seed)} --minutes …\`. The seed gives the plan of faults;`,
    'what trades and when each process is scheduled differs from run to run.',
    '',
    `**${failures.length === 0 ? 'Everything held.' : `${String(failures.length)} things did not hold.`}** ` +
      `${String(plan.length)} faults in ${minutes} minutes, under load, mended by nobody: what ended was started again, as a supervisor does.`,
    '',
    `- seed ${String(seed)}; ${String(cores.length)} × ${cores[0]?.model ?? 'unknown CPU'}, ` +
      `${(os.totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.versions.node}; load average ` +
      `${os.loadavg()[2]?.toFixed(1) ?? ''} over the last 15 minutes`,
    '- three engines, one process of every other kind, one broker, one Temporal server and DynamoDB Local on',
    '  files; every connection of a process through a proxy of its own; preset `demo` (due after 6 s, grace 3 s)',
    '',
    failures.length === 0 ? '## What held' : '## What had to hold',
    '',
    '- every account’s published cash, positions, equity, excess and status are those of a plain fold of',
    '  `fills.v1` and `cash.v1` at the last prices, in exact rationals, to the last decimal',
    '- everything that the API answered 202 for lies in its topic, and nothing became a dead letter',
    '- figures of an account never went backwards; no engine wrote after it was replaced',
    '- each warning, call, past due, restriction, liquidation and cure of an episode happened once; no order',
    '  traded more than it asked for, each came to one end',
    '- no customer was told of a step twice over one channel',
    '- no call was past due and no liquidation began before its instant',
    '- every account below the line was called, and every case rests on the rung that its figures give, in',
    '  Temporal and in the state index',
    '- every process runs and says that it is ready',
    '',
    ...(failures.length === 0
      ? []
      : ['## What did not', '', ...failures.map((failure) => `- ${failure}`), '']),
    '## How late',
    '',
    table(
      ['seconds', 'count', 'p50', 'p99', 'max'],
      [
        ['deposit sent → in the figures', ...latency(result.canaryMs)],
        ['below the line → called', ...latency(result.callDelayMs)],
        ['timer due → step on record', ...latency(result.timerLatenessMs)],
        ['end of the load → everything at rest', '1', '', '', seconds(result.restedMs)],
      ],
    ),
    '',
    'The demo’s cases hold while figures are not proved fresh; a hold counts as lateness.',
    '',
    '## By fault',
    '',
    'The longest silence is the longest wait of a deposit sent while the fault lasted; with faults that',
    'overlap it may be another’s.',
    '',
    table(['fault', 'times', 'whole again after, max', 'longest silence'], byFault(result)),
    '',
    '## How much',
    '',
    table(
      ['', ''],
      Object.entries(counts).map(([what, n]) => [what, String(n)]),
    ),
    '',
    ownEnds.length === 0
      ? 'No process ended that nobody had ended.'
      : `Processes that ended by themselves and were started again: ${String(ownEnds.length)}.`,
    ...ownEnds.map((end) => `- ${end}`),
    '',
  ].join('\n');
}

function byFault({ broken, canarySentAt, canaryMs }: RecoveryResult): string[][] {
  const kinds = new Map<string, BrokenThing[]>();
  for (const thing of broken) {
    const { kind, target } = thing.fault;
    const name = `${WORDS[kind]} ${target.replace(/-\d(?=–|$)/, '')}`;
    kinds.set(name, [...(kinds.get(name) ?? []), thing]);
  }
  return [...kinds]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([name, things]) => {
      const silences = things.flatMap(({ from, mendedAt }) =>
        canaryMs.filter((_, n) => {
          const sentAt = canarySentAt[n] ?? 0;
          return sentAt >= from && sentAt <= mendedAt;
        }),
      );
      const whole = Math.max(...things.map(({ from, mendedAt }) => mendedAt - from));
      return [
        name,
        String(things.length),
        `${seconds(whole)} s`,
        silences.length === 0 ? '' : `${seconds(Math.max(...silences))} s`,
      ];
    });
}

const WORDS: Readonly<Record<FaultKind, string>> = {
  KILL: 'kill -9',
  RESTART: 'restart',
  PAUSE: 'SIGSTOP',
  CUT: 'cut',
  SLOW: 'slow',
};

function latency(samples: readonly number[]): string[] {
  if (samples.length === 0) return ['0', '', '', ''];
  const { count, p50, p99, max } = quantilesOf(samples);
  return [String(count), seconds(p50), seconds(p99), seconds(max)];
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(2);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}
