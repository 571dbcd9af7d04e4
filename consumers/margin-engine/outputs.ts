import { deadLetterKey, encodeDeadLetter } from '#contracts/dead-letter.ts';
import type { DeadLetterRecord, Refusal } from '#contracts/dead-letter.ts';
import type { ChangelogRecord } from '#contracts/engine-changelog.ts';
import { encodeMarginCalc, encodeStress } from '#contracts/margin-figures.ts';
import type { CalcContext } from '#contracts/margin-figures.ts';
import { deadLetterTopicName, TOPICS } from '#contracts/topics.ts';
import type { InboundRecord, OutboundRecord } from '#ports/records.ts';
import type { Account, Valuation } from './book.ts';
import type { CountedBlock } from './counted-ids.ts';

const TAKE_OVER_KEY = 'take-over';

/** An account's figures as records: margin.calc.v1 and, while they can be computed, eight of stress.beta_spy.v1. */
export function figureRecords(
  { figures, stress }: Valuation,
  context: CalcContext,
  partition: number,
): OutboundRecord[] {
  const key = context.accountId;
  const calc = encodeMarginCalc(figures, context);
  const records: OutboundRecord[] = [
    { topic: TOPICS.marginCalc.name, key, value: JSON.stringify(calc), partition },
  ];
  for (const row of stress) {
    const value = JSON.stringify(encodeStress(row, calc));
    records.push({ topic: TOPICS.stress.name, key, value, partition });
  }
  return records;
}

/** An account's books for the changelog. */
export function accountChangelog(account: Account, partition: number): OutboundRecord {
  return changelog(partition, `account:${account.accountId}`, {
    kind: 'ACCOUNT',
    account_id: account.accountId,
    sequence: account.sequence,
    cash_e4: account.cashE4,
    credited_total_e4: account.creditedTotalE4,
    positions: [...account.positions],
    correlation_id: account.correlationId,
    blocks: [...account.blocks],
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
