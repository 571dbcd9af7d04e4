import { playSequence } from './gate-sequence.ts';

/** What many sequences came to. */
export interface ManyResult {
  readonly runs: number;
  readonly decisions: number;
  /** How often each code was said. */
  readonly codes: ReadonlyMap<string, number>;
  /** The first failure and how to replay it; null when there was none. */
  readonly failure: string | null;
}

/** Plays one sequence after another from a first seed on, until one breaks. */
export function playMany(firstSeed: number, runs: number): ManyResult {
  let decisions = 0;
  const codes = new Map<string, number>();
  for (let run = 0; run < runs; run += 1) {
    const seed = firstSeed + run;
    const played = playSequence(seed);
    decisions += played.decisions;
    for (const [code, count] of played.codes) codes.set(code, (codes.get(code) ?? 0) + count);
    if (played.broken !== null) {
      const replay = `Seed ${String(seed)}; again: npm run soak -- gate --seed ${String(seed)}`;
      return { runs: run + 1, decisions, codes, failure: `${played.broken}\n${replay}` };
    }
  }
  return { runs, decisions, codes, failure: null };
}
