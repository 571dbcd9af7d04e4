import { MARGIN_RATES } from '#test/gate/margin-rates.ts';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { E4, rate } from '../money.ts';
import { ExposureBook } from './exposure-book.ts';
import { AccountExposure } from './exposure.ts';
import type { GatePolicy } from './gate-policy.ts';

const POLICY = {
  creditRate: rate(500_000),
  nonMarginable: new Set<string>(),
  margin: MARGIN_RATES,
} as unknown as GatePolicy;

const ACCOUNTS = 40;
const SYMBOLS = 12;

/** One step of one account in one symbol: an order, what became of one, or a fill made elsewhere. */
const step = fc.record({
  kind: fc.constantFrom('accept', 'execute', 'position'),
  account: fc.nat(ACCOUNTS - 1),
  symbol: fc.nat(SYMBOLS - 1).map((number) => `S${String(number)}`),
  side: fc.constantFrom('BUY' as const, 'SELL' as const),
  order: fc.nat(3).map((number) => `O${String(number)}`),
  qtyE4: fc.nat(5).map((shares) => shares * E4),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function take(exposure: AccountExposure, { kind, symbol, side, order, qtyE4 }: Step): void {
  switch (kind) {
    case 'accept':
      if (qtyE4 === 0 || exposure.openOrder(symbol, order) !== undefined) return;
      exposure.accept(
        { orderId: order, symbol, side, strategy: 'alpha', liquidation: false, qtyE4 },
        { referencePriceE4: 100 * E4, adversePriceE4: 0 },
      );
      return;
    case 'execute': {
      const open = exposure.openOrder(symbol, order);
      const lastE4 = Math.min(qtyE4, open?.leavesE4 ?? 0);
      const movedE4 = open?.side === 'SELL' ? -lastE4 : lastE4;
      exposure.execute(symbol, movedE4, order, (open?.leavesE4 ?? 0) - lastE4);
      return;
    }
    default:
      exposure.setPosition(symbol, side === 'BUY' ? qtyE4 : -qtyE4);
  }
}

function shown(exposure: AccountExposure) {
  return {
    positions: [...exposure.positions()],
    openOrders: [...exposure.openOrders()],
    reservedE4: exposure.reservedE4,
  };
}

describe('the accounts of one book', () => {
  test('are each as one that stands alone, however many share the book', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400, size: 'max' }), (steps) => {
        const book = new ExposureBook(POLICY);
        const together = Array.from({ length: ACCOUNTS }, () => new AccountExposure(POLICY, book));
        const alone = Array.from({ length: ACCOUNTS }, () => new AccountExposure(POLICY));
        const positions = new Map<string, number>();
        for (const each of steps) {
          const [shared, own] = [together[each.account], alone[each.account]];
          if (shared === undefined || own === undefined) throw new Error('no such account');
          take(shared, each);
          take(own, each);
          positions.set(`${String(each.account)} ${each.symbol}`, own.positionE4(each.symbol));
        }
        expect(together.map(shown)).toEqual(alone.map(shown));
        for (const [pair, positionE4] of positions) {
          const [account, symbol = ''] = pair.split(' ');
          expect(together[Number(account)]?.positionE4(symbol)).toBe(positionE4);
        }
      }),
      { numRuns: 20 },
    );
  });
  test('each have amounts of their own, and know what nobody told', () => {
    const book = new ExposureBook(POLICY);
    const [one, other] = [new AccountExposure(POLICY, book), new AccountExposure(POLICY, book)];
    one.excessE4 = 5;
    one.cashE4 = -7;
    one.unsettledE4 = 3;
    one.isKnown = false;
    const { excessE4, cashE4, unsettledE4, isKnown } = one;
    expect({ excessE4, cashE4, unsettledE4, isKnown }).toEqual({
      ...{ excessE4: 5, cashE4: -7, unsettledE4: 3, isKnown: false },
    });
    expect([other.excessE4, other.cashE4, other.unsettledE4, other.isKnown]).toEqual([
      ...[null, null, 0, true],
    ]);
    one.excessE4 = null;
    expect(one.excessE4).toBeNull();
  });
});
