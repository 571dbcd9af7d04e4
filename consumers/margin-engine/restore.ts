import { changelogSchema } from '#contracts/engine-changelog.ts';
import type { ChangelogRecord } from '#contracts/engine-changelog.ts';
import { TOPICS } from '#contracts/topics.ts';
import type { Policy } from '#domain/policy.ts';
import type { FencedWriter } from '#ports/partition-owner.ts';
import type { InboundRecord } from '#ports/records.ts';
import { Book } from './book.ts';
import { CountedIds } from './counted-ids.ts';
import type { CountedBlock } from './counted-ids.ts';
import type { Market } from './market.ts';
import { readOwnRecord } from './own-record.ts';

/** What a partition's changelog says. */
export interface Restored {
  /** The generation of the new owner: one more than the last. */
  readonly generation: number;
  readonly book: Book;
  readonly counted: CountedIds;
}

/**
 * Reads a partition's state from its changelog. The changelog is the engine's own: a record that is
 * not of its schema is a defect and stops the take-over, because books with a hole are worse than none.
 */
export async function restore(
  writer: FencedWriter,
  market: Market,
  policy: Policy,
): Promise<Restored> {
  const latest = new Map<string, InboundRecord>();
  await writer.readToEnd(TOPICS.engineChangelog.name, (records) => {
    for (const record of records) {
      const key = record.key ?? '';
      if (record.value === null) latest.delete(key);
      else latest.set(key, record);
    }
  });
  const records = [...latest.values()].map((record) => readOwnRecord(changelogSchema, record));
  const takeOver = records.find((record) => record.kind === 'TAKE_OVER');
  const counted = new CountedIds(takeOver?.floor_at ?? 0);
  const book = new Book(market, policy);
  for (const record of records.filter((entry) => entry.kind === 'COUNTED').sort(byBlock)) {
    counted.restore(countedBlockOf(record));
  }
  for (const record of records) {
    if (record.kind !== 'ACCOUNT') continue;
    book.restore({
      accountId: record.account_id,
      cashE4: record.cash_e4,
      creditedTotalE4: record.credited_total_e4,
      sequence: record.sequence,
      correlationId: record.correlation_id,
      cause: 'REFERENCE',
      positions: new Map(record.positions),
      blocks: record.blocks,
      splits: new Map(record.splits.map(({ symbol, ...split }) => [symbol, split])),
    });
  }
  return { generation: (takeOver?.generation ?? 0) + 1, book, counted };
}

function byBlock(a: { readonly block: number }, b: { readonly block: number }): number {
  return a.block - b.block;
}

function convertsOf(symbol: string | undefined): { readonly converts?: string } {
  return symbol === undefined ? {} : { converts: symbol };
}

type CountedRecord = Extract<ChangelogRecord, { readonly kind: 'COUNTED' }>;

function countedBlockOf(record: CountedRecord): CountedBlock {
  const reverses = new Map(record.reverses);
  const converts = new Map(record.converts);
  return {
    block: record.block,
    latestAt: record.latest_at,
    entries: record.ids.map((id, place) => ({
      id,
      ...convertsOf(converts.get(place)),
      accountId: record.accounts[place] ?? '',
      subject: record.subjects[place] ?? '',
      qtyE4: record.quantities[place] ?? 0,
      priceE4: record.prices[place] ?? 0,
      reverses: reverses.get(place) ?? null,
    })),
  };
}
