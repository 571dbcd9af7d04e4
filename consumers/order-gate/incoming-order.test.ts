import { describe, expect, test } from '@jest/globals';
import { incomingOrder } from './incoming-order.ts';
import type { Incoming } from './incoming-order.ts';

const NOW = 1_795_000_000_000;

function incoming(order: object): Incoming {
  const value = new TextEncoder().encode(
    JSON.stringify({ order_id: 'O1', ts: NOW, account_id: 'ACC_1', ...order }),
  );
  const place = { topic: 'orders.v1', partition: 0, offset: 1, timestamp: NOW };
  return incomingOrder({ ...place, key: 'ACC_1', value }, 'E1');
}

const BUY = { symbol: 'NVDA', side: 'BUY', qty: 1, price: 100, strategy: 'S1' };

describe('a customer’s order', () => {
  test('may take back an order of his own', () => {
    expect(incoming({ type: 'CANCEL', cancel_order_id: 'O0' })).toMatchObject({ is: 'ORDER' });
  });

  test.each(['AAPL260119C00150000', 'AAPL  260119C00150000', 'ESZ6', 'ESZ26'])(
    'for %s is refused as UNSUPPORTED',
    (symbol) => {
      expect(incoming({ ...BUY, symbol })).toMatchObject({
        is: 'FAULTY',
        verdict: { code: 'UNSUPPORTED', observed: symbol },
        letter: { code: 'UNSUPPORTED', reason: `${symbol} is not supported` },
      });
    },
  );

  test('for a class of shares is one', () => {
    expect(incoming({ ...BUY, symbol: 'BRK.B' })).toMatchObject({ is: 'ORDER' });
  });

  test.each([
    ['take back a slice of the firm’s liquidation', { type: 'CANCEL', cancel_order_id: 'LQ-1-1' }],
    ['call itself one', { ...BUY, order_id: 'LQ-1-1' }],
    ['lie under another account’s key', { ...BUY, account_id: 'ACC_2' }],
    ['come from the future', { ...BUY, ts: NOW + 1_001 }],
  ])('may not %s', (_what, order) => {
    expect(incoming(order)).toMatchObject({ is: 'FAULTY', verdict: { code: 'SCHEMA' } });
  });
});
