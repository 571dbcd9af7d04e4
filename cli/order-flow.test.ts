import { describe, expect, test } from '@jest/globals';
import { newOrderSchema } from '#contracts/orders.ts';
import { OrderFlow } from './order-flow.ts';
import type { FlowOptions } from './order-flow.ts';

const NOW = 1_795_000_000_000;
const OPTIONS: FlowOptions = {
  mode: 'normal',
  accounts: ['A', 'B', 'C'],
  symbols: ['NVDA', 'TSLA'],
  seed: 7,
  run: 'GEN-1',
  priceOf: (symbol) => (symbol === 'NVDA' ? 400 : 250.5),
};

function flow(options: Partial<FlowOptions> = {}, count = 200) {
  const orders = new OrderFlow({ ...OPTIONS, ...options });
  return Array.from({ length: count }, (_, index) => orders.next(NOW + index));
}

describe('the order generator', () => {
  test('sends orders of the topic, each with an id of its own', () => {
    const orders = flow();
    for (const order of orders) expect(newOrderSchema.safeParse(order).success).toBe(true);
    expect(new Set(orders.map(({ order_id }) => order_id)).size).toBe(orders.length);
  });

  test('says the same again for the same seed, and something else for another', () => {
    expect(flow()).toEqual(flow());
    expect(flow({ seed: 8 })).not.toEqual(flow());
  });

  test('trades normally with every account, symbol and side', () => {
    const orders = flow();
    expect(new Set(orders.map(({ account_id }) => account_id))).toEqual(new Set(['A', 'B', 'C']));
    expect(new Set(orders.map(({ symbol }) => symbol))).toEqual(new Set(['NVDA', 'TSLA']));
    expect(new Set(orders.map(({ side }) => side))).toEqual(new Set(['BUY', 'SELL']));
  });

  test('panics with one account, one symbol and one side', () => {
    const kinds = flow({ mode: 'panic' }).map((order) =>
      [order.account_id, order.symbol, order.side, order.strategy].join(' '),
    );
    expect(new Set(kinds)).toEqual(new Set(['A NVDA BUY runaway']));
  });

  test('has limits that the last price meets', () => {
    for (const { side, symbol, price } of flow()) {
      const last = OPTIONS.priceOf(symbol);
      expect(side === 'BUY' ? price >= last : price <= last).toBe(true);
    }
  });
});
