import { RUNG_NAMES } from '#contracts/case-events.ts';
import type { RungName } from '#contracts/account-state.ts';

/**
 * The index by rung has one partition per rung and shard: nearly all accounts are ACTIVE, and one
 * partition takes about 1,000 writes a second. Never change the number under existing items.
 */
const SHARDS = 4;
/** All open cases are one list. */
const OPEN = 'OPEN';

/** The rungs as the list shows them, the most severe first. */
export const RUNGS_BY_SEVERITY: readonly RungName[] = [...RUNG_NAMES].reverse();

/** The index partition of an account on a rung. */
export function listingOf(rung: RungName, accountId: string): string {
  return shardOf(rung, accountId);
}

/** All index partitions of a rung. */
export function listingsOf(rung: RungName): string[] {
  return shardsOf(rung);
}

/** The partition of an open case in the indexes of cases. */
export function openCaseOf(accountId: string): string {
  return shardOf(OPEN, accountId);
}

/** All partitions of the indexes of cases. */
export function openCasePartitions(): string[] {
  return shardsOf(OPEN);
}

function shardOf(name: string, accountId: string): string {
  return `${name}#${String(hash(accountId) % SHARDS)}`;
}

function shardsOf(name: string): string[] {
  return Array.from({ length: SHARDS }, (_, shard) => `${name}#${String(shard)}`);
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  return value >>> 0;
}
