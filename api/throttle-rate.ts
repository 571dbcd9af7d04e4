import { decodeScope } from '#contracts/scopes.ts';
import { leastRateOf } from '#domain/gate/partition-share.ts';
import { fieldProblem } from './problem.ts';
import type { Problem } from './problem.ts';

/**
 * A rate (orders a second) that the partitions of the gate cannot share: some would let nothing of the
 * scope pass, for ever, not even what reduces. 0 is no such rate: it says so of all.
 */
export function unsharedRate(
  scope: string,
  rate: number | undefined,
  partitions: number,
): Problem | null {
  const least = leastRateOf(decodeScope(scope), partitions);
  if (rate === undefined || rate === 0 || rate >= least) return null;
  const detail =
    `must be at least ${String(least)} for ${scope}, or 0 to let nothing pass: it is shared among ` +
    `${String(partitions)} partitions, and a lower one shuts some accounts out`;
  return {
    ...fieldProblem('invalid-fields', [{ pointer: '#/max_rate_per_second', detail }]),
    refusal: { code: 'RATE_BELOW_PARTITIONS', observed: String(rate), limit: String(least) },
  };
}
