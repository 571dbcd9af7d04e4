import { RUNG_NAMES } from '#contracts/case-events.ts';
import type { RungName } from '#contracts/account-state.ts';

/**
 * The index by rung has one partition per rung and shard: nearly all accounts are ACTIVE, and one
 * partition takes about 1,000 writes a second. Never change the number under existing items.
 */
const SHARDS = 4;

/** The rungs as the list shows them, the most severe first. */
export const RUNGS_BY_SEVERITY: readonly RungName[] = [...RUNG_NAMES].reverse();

/** The index partition of an account on a rung. */
export function listingOf(rung: RungName, accountId: string): string {
  return `${rung}#${String(hash(accountId) % SHARDS)}`;
}

/** All index partitions of a rung. */
export function listingsOf(rung: RungName): string[] {
  return Array.from({ length: SHARDS }, (_, shard) => `${rung}#${String(shard)}`);
}

/** The partition of an open case in the indexes of cases. */
export function openCaseOf(accountId: string): string {
  return `OPEN#${String(hash(accountId) % SHARDS)}`;
}

/** All partitions of the indexes of cases. */
export function openCasePartitions(): string[] {
  return Array.from({ length: SHARDS }, (_, shard) => `OPEN#${String(shard)}`);
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  return value >>> 0;
}
