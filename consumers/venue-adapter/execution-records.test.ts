import { describe, expect, test } from '@jest/globals';
import { executionSchema } from '#contracts/case-events.ts';
import { fillSchema } from '#contracts/ingest.ts';
import { ID_PATTERN } from '#contracts/wire.ts';
import { passed } from '#test/order-path-fixture.ts';
import { decodeOrder, encodeExecution, encodeFill, execIdOf } from './execution-records.ts';
import type { VenueExecution } from './venue-book.ts';

const NOW = 1_795_000_000_000;
const EXECUTION: VenueExecution = {
  order: {
    orderId: 'O1',
    accountId: 'ACC_1',
    symbol: 'NVDA',
    side: 'SELL',
    opensE4: 0,
    qtyE4: 1_000_000,
    limitE4: null,
    strategy: 'liquidation',
    liquidation: true,
    takeUntil: NOW,
    writtenAt: NOW - 1_000,
    validUntil: NOW,
    corrId: 'C1',
  },
  number: 1,
  status: 'FILLED',
  lastQtyE4: 1_000_000,
  lastPriceE4: 4_005_000,
  quotedAt: NOW,
  cumQtyE4: 1_000_000,
  leavesQtyE4: 0,
  reason: 'paper venue: filled at the last price',
};

const liquidation = (orderId: string) => ({ accountId: 'ACC_1', orderId, liquidation: true });

describe('the id of an execution', () => {
  test('is the same each time, and another for another order or number', () => {
    const ids = (
      [
        ['O1', 1],
        ['O1', 2],
        ['O1:1', 2],
        ['O2', 1],
      ] as const
    ).map(([orderId, number]) => execIdOf(liquidation(orderId), number));
    expect(ids[0]).toBe('paper:O1:1');
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('is an id also for the longest order id, and tells two of them apart', () => {
    const [a, b] = [liquidation('a'.repeat(64)), liquidation(`${'a'.repeat(63)}b`)];
    expect(execIdOf(a, 1)).toMatch(ID_PATTERN);
    expect(execIdOf(a, 1)).toBe(execIdOf(a, 1));
    expect(execIdOf(a, 1)).not.toBe(execIdOf(b, 1));
    expect(execIdOf(a, 1)).not.toBe(execIdOf(a, 2));
  });
});

test('customers may name their orders alike, and no two pairs of names look the same', () => {
  const ids = [
    ['A', 'O1'],
    ['B', 'O1'],
    ['A', 'O1:1'],
    ['A:O1', '1'],
  ].map(([accountId = '', orderId = '']) =>
    execIdOf({ accountId, orderId, liquidation: false }, 1),
  );
  expect(ids[0]).toBe('paper:A:O1:1');
  expect(new Set(ids).size).toBe(ids.length);
});

describe('an execution is written', () => {
  test('a sale as a negative fill with the same id, and the execution names its place', () => {
    const fill = encodeFill(EXECUTION, NOW);
    expect(fillSchema.parse(fill)).toEqual({
      fill_id: 'paper:O1:1',
      account_id: 'ACC_1',
      symbol: 'NVDA',
      qty: -100,
      price: 400.5,
      timestamp: NOW,
      correlation_id: 'C1',
    });
    const place = { topic: 'fills.v1', partition: 3, offset: 17 };
    expect(executionSchema.parse(encodeExecution(EXECUTION, place, NOW))).toEqual({
      exec_id: 'paper:O1:1',
      order_id: 'O1',
      account_id: 'ACC_1',
      symbol: 'NVDA',
      side: 'SELL',
      last_qty: 100,
      last_price: 400.5,
      cum_qty: 100,
      leaves_qty: 0,
      status: 'FILLED',
      reason: 'paper venue: filled at the last price',
      timestamp: NOW,
      fill_partition: 3,
      fill_offset: 17,
      corr_id: 'C1',
    });
  });

  test('a purchase as a positive fill', () => {
    const bought = { ...EXECUTION, order: { ...EXECUTION.order, side: 'BUY' as const } };
    expect(encodeFill(bought, NOW)?.qty).toBe(100);
  });

  test('an execution without shares has no fill', () => {
    const expired: VenueExecution = {
      ...EXECUTION,
      status: 'EXPIRED',
      lastQtyE4: 0,
      lastPriceE4: null,
      cumQtyE4: 0,
    };
    expect(encodeFill(expired, NOW)).toBeNull();
    const record = executionSchema.parse(encodeExecution(expired, null, NOW));
    expect([record.fill_partition, record.fill_offset, record.last_price]).toEqual([
      null,
      null,
      null,
    ]);
  });
});

describe('a decision of the gate is worked as an order', () => {
  const SALE = passed({
    ...{ order_id: 'O1', ts: NOW, account_id: 'ACC_1', symbol: 'NVDA', side: 'SELL', qty: 100 },
    ...{ price: 400, strategy: 'liquidation', valid_until: NOW + 1_000, corr_id: 'C1' },
  });

  test('with what it opened when it passed; of what nobody says what it opens, all does', () => {
    const accepted = { opens_qty: 40, adverse_price: 0 };
    expect(decodeOrder({ ...SALE, accepted })).toMatchObject({ opensE4: 400_000 });
    expect(decodeOrder({ ...SALE, accepted: null })).toMatchObject({ opensE4: 1_000_000 });
  });
});
