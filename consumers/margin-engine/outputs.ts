import { deadLetterKey, encodeDeadLetter } from '#contracts/dead-letter.ts';
import type { DeadLetterRecord, Refusal } from '#contracts/dead-letter.ts';
import type { ChangelogRecord } from '#contracts/engine-changelog.ts';
import { encodeStress } from '#contracts/margin-figures.ts';
import type { MarginCalcRecord } from '#contracts/margin-figures.ts';
import { deadLetterTopicName, TOPICS } from '#contracts/topics.ts';
import type { StressRow } from '#domain/stress.ts';
import type { InboundRecord, OutboundRecord } from '#ports/records.ts';
import type { Account, Quantities } from './book.ts';
import type { CountedBlock } from './counted-ids.ts';

const TAKE_OVER_KEY = 'take-over';

/** The stress rows that belong to figures, and as much of the figures as their records name. */
export interface Stress {
  readonly of: StressedFigures;
  /** Empty while the figures cannot be computed. */
  readonly rows: readonly StressRow[];
}

type StressedFigures = Parameters<typeof encodeStress>[1];

/** Without the figures' positions: many accounts' rows may wait for their turn. */
export function stressOf(calc: MarginCalcRecord, rows: readonly StressRow[]): Stress {
  const { account_id, generation, sequence, as_of, correlation_id } = calc;
  return { of: { account_id, generation, sequence, as_of, correlation_id }, rows };
}

export function calcRecord(calc: MarginCalcRecord, partition: number): OutboundRecord {
  const value = JSON.stringify(calc);
  return { topic: TOPICS.marginCalc.name, key: calc.account_id, value, partition };
}

/** Eight records of stress.beta_spy.v1, one for each scenario as the reference has them. */
export function stressRecords({ of, rows }: Stress, partition: number): OutboundRecord[] {
  return rows.map((row) => ({
    topic: TOPICS.stress.name,
    key: of.account_id,
    value: JSON.stringify(encodeStress(row, of)),
    partition,
  }));
}

/** An account's books for the changelog. */
export function accountChangelog(account: Account<Quantities>, partition: number): OutboundRecord {
  return changelog(partition, `account:${account.accountId}`, {
    kind: 'ACCOUNT',
    account_id: account.accountId,
    sequence: account.sequence,
    cash_e4: account.cashE4,
    credited_total_e4: account.creditedTotalE4,
    positions: Array.from(account.positions, ([symbol, qtyE4]) => [symbol, qtyE4]),
    correlation_id: account.correlationId,
    blocks: [...account.blocks],
    splits: Array.from(account.splits, ([symbol, split]) => ({ symbol, ...split })),
  });
}

/** Entries that were counted together. */
export function countedChangelog(
  { block, latestAt, entries }: CountedBlock,
  partition: number,
): OutboundRecord {
  return changelog(partition, countedKey(block), {
    kind: 'COUNTED',
    block,
    latest_at: latestAt,
    ids: entries.map(({ id }) => id),
    accounts: entries.map(({ accountId }) => accountId),
    subjects: entries.map(({ subject }) => subject),
    quantities: entries.map(({ qtyE4 }) => qtyE4),
    prices: entries.map(({ priceE4 }) => priceE4),
    reverses: entries.flatMap(({ reverses }, place) =>
      reverses === null ? [] : [[place, reverses] as [number, string]],
    ),
    converts: entries.flatMap(({ converts }, place) =>
      converts === undefined ? [] : [[place, converts] as [number, string]],
    ),
  });
}

/** A tombstone for ids that are no longer kept. */
export function forgottenChangelog(block: number, partition: number): OutboundRecord {
  return { topic: TOPICS.engineChangelog.name, key: countedKey(block), value: null, partition };
}

/** Who owns the partition, and from when on fills can be told from duplicates. */
export function takeOverChangelog(
  generation: number,
  floorAt: number,
  partition: number,
): OutboundRecord {
  return changelog(partition, TAKE_OVER_KEY, {
    kind: 'TAKE_OVER',
    generation,
    floor_at: floorAt,
  });
}

/** A refused record with its reason, for its dead-letter topic. */
export function deadLetterRecord(
  origin: InboundRecord,
  refusal: Refusal,
  now: number,
): OutboundRecord {
  return letterRecord(origin, letterOf(origin, refusal, now));
}

/** A refused record as a dead letter. */
export function letterOf(origin: InboundRecord, refusal: Refusal, now: number): DeadLetterRecord {
  return encodeDeadLetter(origin, refusal, 'margin-engine', now);
}

export function letterRecord(origin: InboundRecord, letter: DeadLetterRecord): OutboundRecord {
  return {
    topic: deadLetterTopicName(origin.topic),
    key: deadLetterKey(origin),
    value: JSON.stringify(letter),
  };
}

function countedKey(block: number): string {
  return `counted:${block}`;
}

function changelog(partition: number, key: string, record: ChangelogRecord): OutboundRecord {
  return {
    topic: TOPICS.engineChangelog.name,
    key,
    value: JSON.stringify(record),
    partition,
  };
}
