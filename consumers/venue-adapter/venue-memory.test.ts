import { expect, test } from '@jest/globals';
import { Ownership } from '#domain/gate/ownership.ts';
import { passed } from '#test/order-path-fixture.ts';
import { rememberOwner } from './venue-memory.ts';

const MARKER = { kind: 'OWNER', partition: 0, process: 'order-gate-1', ts: 1 };
const ORDER = {
  ...{ order_id: 'OWNER', ts: 1, account_id: 'ACC_1', symbol: 'NVDA', side: 'SELL' as const },
  ...{ qty: 100, price: 400, strategy: 'OWNER', valid_until: 2, corr_id: 'OWNER' },
};

test('of the gate’s log the markers are remembered, whatever decisions are named', () => {
  const ownership = new Ownership();
  [MARKER, passed(ORDER), MARKER, passed(ORDER), null, 'no json "OWNER"'].forEach(
    (told, offset) => {
      // A fetched batch is one buffer: each value is a window of it.
      const text = told === null ? null : `........${JSON.stringify(told)}`;
      rememberOwner(ownership, {
        ...{ topic: 'orders.gated.v1', partition: 0, offset, key: 'k', timestamp: 1 },
        value: text === null ? null : Buffer.from(text).subarray(8),
      });
    },
  );
  expect(ownership.epoch).toBe(2);
  expect(ownership.isValid(0, 1)).toBe(true);
  expect(ownership.isValid(0, 3)).toBe(false);
  expect(ownership.isValid(2, 3)).toBe(true);
});
