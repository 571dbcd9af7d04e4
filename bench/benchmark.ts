import type { Stack } from '#stack/open-stack.ts';
import type { Progress } from '#stack/progress.ts';

/** One figure of the table. */
export interface Row {
  readonly figure: string;
  /** Of issue 4; null for a figure that only explains another one. */
  readonly target: string | null;
  readonly measured: string;
  /** Whether the target is met; null without a target. */
  readonly met: boolean | null;
  /** What the reference's Spark job does on such a machine, if it was measured (PLATFORM). */
  readonly yardstick: string | null;
  /** How much of what, how fast, for how long, timed by which clock. */
  readonly conditions: string;
}

export interface BenchContext {
  readonly stack: Stack;
  /** A few minutes for everything: shorter, and less exact at the p99. */
  readonly quick: boolean;
  readonly progress: Progress;
  readonly variables: NodeJS.ProcessEnv;
}

/** A benchmark checks what it has measured: it throws WrongResultError rather than time nonsense. */
export interface Benchmark {
  readonly name: string;
  readonly title: string;
  run(context: BenchContext): Promise<readonly Row[]>;
}

/** What was measured is wrong: its speed means nothing. */
export class WrongResultError extends Error {
  override readonly name = 'WrongResultError';
}
