import { expect } from '@jest/globals';
import { marginCalcSchema } from '#contracts/margin-figures.ts';
import type { MarginCalcRecord } from '#contracts/margin-figures.ts';
import { TOPICS } from '#contracts/topics.ts';
import type { InboundRecord } from '#ports/records.ts';
import { figuresOf } from './account-fold.ts';
import type { Fold } from './account-fold.ts';
import type { KafkaFixture } from './kafka-fixture.ts';

/** Expects each account's last figures to be the fold's, at marks (dollars) that never moved. */
export function expectFolded(
  figures: readonly MarginCalcRecord[],
  fold: Fold,
  marks: Readonly<Record<string, number>>,
): void {
  const last = new Map(figures.map((record) => [record.account_id, record]));
  expect([...last.keys()].sort()).toEqual([...fold.accounts.keys()].sort());
  for (const [accountId, account] of fold.accounts) {
    const { cash, positions, excess } = figuresOf(account, marks);
    const record = last.get(accountId);
    expect({
      accountId,
      cash: record?.cash,
      positions: sorted(record?.positions.map(({ symbol, qty }) => [symbol, qty]) ?? []),
      excess: record?.excess,
      credited: record?.credited_total,
    }).toEqual({
      accountId,
      cash,
      positions,
      excess,
      // From an empty account on and with marks that stood still, fills and cash made all of it.
      credited: excess,
    });
  }
}

/** margin.calc.v1 as it lies in its partitions. */
export async function readFigures(
  kafka: KafkaFixture,
): Promise<{ readonly record: InboundRecord; readonly figures: MarginCalcRecord }[]> {
  const records = await kafka.readAll(TOPICS.marginCalc.name);
  return records.map((record) => ({
    record,
    figures: marginCalcSchema.parse(JSON.parse(String(record.value))),
  }));
}

/**
 * Expects that, in the order in which they lie there, generations of a partition and versions and input
 * offsets of an account only ever rise: nobody wrote after it was replaced, nothing was written twice.
 */
export function expectNothingGoesBackwards(
  all: readonly { readonly record: InboundRecord; readonly figures: MarginCalcRecord }[],
): void {
  const generations = new Map<number, number>();
  const accounts = new Map<string, MarginCalcRecord>();
  const backwards: string[] = [];
  for (const { record, figures } of all) {
    const where = `${figures.account_id} at ${record.partition}/${record.offset}`;
    if (figures.generation < (generations.get(record.partition) ?? 0)) backwards.push(where);
    generations.set(record.partition, figures.generation);
    const before = accounts.get(figures.account_id);
    accounts.set(figures.account_id, figures);
    if (before === undefined) continue;
    const rises =
      figures.generation > before.generation ||
      (figures.generation === before.generation && figures.sequence > before.sequence);
    const includes =
      figures.input_offsets['fills.v1'] >= before.input_offsets['fills.v1'] &&
      figures.input_offsets['cash.v1'] >= before.input_offsets['cash.v1'];
    if (!rises || !includes) backwards.push(where);
  }
  expect(backwards).toEqual([]);
}

function sorted(rows: (string | number)[][]): (string | number)[][] {
  return rows.sort(([a], [b]) => String(a).localeCompare(String(b)));
}
