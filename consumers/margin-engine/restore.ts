import { changelogSchema } from '#contracts/engine-changelog.ts';
import type { ChangelogRecord } from '#contracts/engine-changelog.ts';
import { TOPICS } from '#contracts/topics.ts';
import type { Policy } from '#domain/policy.ts';
import type { FencedWriter } from '#ports/partition-owner.ts';
import type { InboundRecord } from '#ports/records.ts';
import { Book } from './book.ts';
import { CountedIds } from './counted-ids.ts';
import type { Market } from './market.ts';

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
  const records = [...latest.values()].map(changelogOf);
  const takeOver = records.find((record) => record.kind === 'TAKE_OVER');
  const counted = new CountedIds(takeOver?.floor_at ?? 0);
  const book = new Book(market, policy);
  for (const record of records.filter((entry) => entry.kind === 'COUNTED').sort(byBlock)) {
    counted.restore(record.block, record.ids);
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
    });
  }
  return { generation: (takeOver?.generation ?? 0) + 1, book, counted };
}

function byBlock(a: { readonly block: number }, b: { readonly block: number }): number {
  return a.block - b.block;
}

const UTF8 = new TextDecoder();

function changelogOf(record: InboundRecord): ChangelogRecord {
  return changelogSchema.parse(JSON.parse(UTF8.decode(record.value ?? undefined)));
}
