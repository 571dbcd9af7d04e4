import { expect, test } from '@jest/globals';
import { OrderCancels } from './order-cancels.ts';

const A = { orderId: 'A', symbol: 'NVDA' };
const B = { orderId: 'B', symbol: 'NVDA' };
const CLOSE_ONLY = { scopes: ['ACCOUNT:ACC_1'], reason: 'ACCOUNT:ACC_1 is restricted', now: 1 };
const FIRM_KILL = { scopes: ['GLOBAL'], reason: 'GLOBAL is restricted', now: 2 };
const LIQUIDATION = { scopes: [], reason: 'a liquidation comes first', now: 1 };

test('an order is asked for once, and its scope is named until it is over', () => {
  const cancels = new OrderCancels(0);
  expect(cancels.ask('ACC_1', [A, B], CLOSE_ONLY)).toHaveLength(2);
  expect(cancels.ask('ACC_1', [A, B], CLOSE_ONLY)).toEqual([]);
  cancels.over('ACC_1', 'A');
  expect([...cancels.pending()]).toEqual(['ACCOUNT:ACC_1']);
  cancels.over('ACC_1', 'B');
  expect([...cancels.pending()]).toEqual([]);
});

test('a cancel for a liquidation is no control’s: it names no scope until a control wants it too', () => {
  const cancels = new OrderCancels(0);
  expect(cancels.ask('ACC_1', [A], LIQUIDATION)).toHaveLength(1);
  expect([...cancels.pending()]).toEqual([]);
  expect(cancels.ask('ACC_1', [A], CLOSE_ONLY)).toEqual([]);
  expect([...cancels.pending()]).toEqual(['ACCOUNT:ACC_1']);
});

test('an order that two controls want gone is asked for once, and open under both until it is over', () => {
  const cancels = new OrderCancels(0);
  expect(cancels.ask('ACC_1', [A], CLOSE_ONLY)).toHaveLength(1);
  expect(cancels.ask('ACC_1', [A], FIRM_KILL)).toEqual([]);
  expect([...cancels.pending()]).toEqual(['ACCOUNT:ACC_1', 'GLOBAL']);
  cancels.over('ACC_1', 'A');
  expect([...cancels.pending()]).toEqual([]);
});
