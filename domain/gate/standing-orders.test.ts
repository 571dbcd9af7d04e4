import { MARGIN_RATES } from '#test/gate/margin-rates.ts';
import { describe, expect, test } from '@jest/globals';
import { E4, rate } from '../money.ts';
import type { Scope } from '../scopes.ts';
import { ControlView } from './control-view.ts';
import type { KillMode } from './control-view.ts';
import { AccountExposure } from './exposure.ts';
import type { TakenOrder } from './open-order.ts';
import { ordersToCancel } from './standing-orders.ts';

const POLICY = {
  creditRate: rate(500_000),
  nonMarginable: new Set<string>(),
  margin: MARGIN_RATES,
} as unknown as ConstructorParameters<typeof AccountExposure>[0];

const ACCOUNT: Scope = { kind: 'ACCOUNT', id: 'A' };

const RESERVATION = { referencePriceE4: 100 * E4, adversePriceE4: 0 };

/** An order at $100. */
function open(
  orderId: string,
  side: TakenOrder['side'],
  qty: number,
  given: Partial<TakenOrder> = {},
): TakenOrder {
  return {
    orderId,
    symbol: 'XYZ',
    side,
    strategy: 'alpha',
    liquidation: false,
    qtyE4: qty * E4,
    ...given,
  };
}

/** The ids that are cancelled, newest first, of an account that holds 100 XYZ and $5,000 of cash. */
function cancelled(
  set: (controls: ControlView) => void,
  ...orders: readonly TakenOrder[]
): string[] {
  return cancelledOf(
    (exposure) => {
      exposure.setPosition('XYZ', 100 * E4);
      exposure.cashE4 = 5_000 * E4;
    },
    set,
    ...orders,
  );
}

function cancelledOf(
  fill: (exposure: AccountExposure) => void,
  set: (controls: ControlView) => void,
  ...orders: readonly TakenOrder[]
): string[] {
  const exposure = new AccountExposure(POLICY);
  fill(exposure);
  for (const order of orders) exposure.accept(order, RESERVATION);
  const controls = new ControlView(5_000);
  set(controls);
  return ordersToCancel(controls, 'A', exposure).map(({ order }) => order.orderId);
}

const kill =
  (scope: Scope, mode: KillMode) =>
  (controls: ControlView): void => {
    controls.setKill(scope, mode);
  };
const availableCashOnly = (controls: ControlView): void => {
  controls.setNoNewDebitOrShort('A', true);
};
const closeOnly = (controls: ControlView): void => {
  controls.setCloseOnly('A', true);
};

describe('on entering a control', () => {
  test('nothing is cancelled while nothing is held', () => {
    expect(cancelled(() => undefined, open('B', 'BUY', 1))).toEqual([]);
  });

  test('close-only cancels what adds exposure and keeps what reduces it', () => {
    expect(cancelled(closeOnly, open('B', 'BUY', 1), open('S', 'SELL', 100))).toEqual(['B']);
  });

  test('of reducing orders beyond the position the newest go first, until the rest fits', () => {
    const orders = [open('S1', 'SELL', 60), open('S2', 'SELL', 40), open('S3', 'SELL', 20)];
    expect(cancelled(closeOnly, ...orders)).toEqual(['S3']);
    expect(cancelled(closeOnly, ...orders.slice(0, 2))).toEqual([]);
    expect(cancelled(closeOnly, open('S1', 'SELL', 60), open('S2', 'SELL', 41))).toEqual(['S2']);
  });

  test('a BLOCK cancels everything but the firm’s own liquidation', () => {
    const orders = [
      open('S', 'SELL', 10),
      open('LQ', 'SELL', 10, { liquidation: true }),
      open('B', 'BUY', 10),
    ];
    expect(cancelled(kill(ACCOUNT, 'BLOCK'), ...orders)).toEqual(['B', 'S']);
    expect(cancelled(kill({ kind: 'GLOBAL' }, 'BLOCK'), ...orders)).toEqual(['B', 'LQ', 'S']);
  });

  test.each([
    ['of the symbol', { kind: 'SYMBOL', id: 'XYZ' }, ['B']],
    ['of another symbol', { kind: 'SYMBOL', id: 'ABC' }, []],
    ['of the strategy', { kind: 'STRATEGY', id: 'alpha' }, ['B']],
    ['of another account', { kind: 'ACCOUNT', id: 'Z' }, []],
  ] as const)('a REDUCE_ONLY kill %s', (_what, scope, ids) => {
    const orders = [open('S', 'SELL', 10), open('B', 'BUY', 10)];
    expect(cancelled(kill(scope, 'REDUCE_ONLY'), ...orders)).toEqual(ids);
  });

  test('no new debit: of the purchases beyond available cash the newest go first, until the rest fits', () => {
    const paid = [open('B1', 'BUY', 30), open('B2', 'BUY', 20)];
    expect(cancelled(availableCashOnly, ...paid)).toEqual([]);
    expect(cancelled(availableCashOnly, ...paid, open('B3', 'BUY', 1))).toEqual(['B3']);
    expect(cancelled(availableCashOnly, open('B1', 'BUY', 31), ...paid.slice(1))).toEqual(['B2']);
  });

  test('no new debit: the newest goes whatever its symbol, and none that was paid for before it', () => {
    const [aaa, bbb] = [{ symbol: 'AAA' }, { symbol: 'BBB' }];
    const orders = [
      open('A1', 'BUY', 10, aaa),
      open('B', 'BUY', 30, bbb),
      open('A2', 'BUY', 20, aaa),
    ];
    expect(cancelled(availableCashOnly, ...orders)).toEqual(['A2']);
  });

  test('no new short: of the sales beyond the position the newest go first, until the rest fits', () => {
    const orders = [open('S1', 'SELL', 60), open('S2', 'SELL', 40), open('S3', 'SELL', 20)];
    expect(cancelled(availableCashOnly, ...orders)).toEqual(['S3']);
  });

  test('what one control lets stand another may not: a cover that makes a debit goes under close-only too', () => {
    const short = (exposure: AccountExposure): void => {
      exposure.setPosition('XYZ', -100 * E4);
      exposure.cashE4 = 1_000 * E4;
    };
    const both = (controls: ControlView): void => {
      closeOnly(controls);
      availableCashOnly(controls);
    };
    const cover = open('COVER', 'BUY', 100);
    expect(cancelledOf(short, closeOnly, cover)).toEqual([]);
    expect(cancelledOf(short, availableCashOnly, cover)).toEqual(['COVER']);
    expect(cancelledOf(short, both, cover)).toEqual(['COVER']);
  });

  test('each scope whose control does not let it stand is named, once, the strictest first', () => {
    const exposure = new AccountExposure(POLICY);
    exposure.setPosition('XYZ', 100 * E4);
    for (const order of [open('S', 'SELL', 10), open('B', 'BUY', 10)]) {
      exposure.accept(order, RESERVATION);
    }
    const controls = new ControlView(5_000);
    controls.setKill({ kind: 'GLOBAL' }, 'REDUCE_ONLY');
    controls.setKill(ACCOUNT, 'REDUCE_ONLY');
    controls.setKill({ kind: 'STRATEGY', id: 'alpha' }, 'BLOCK');
    closeOnly(controls);
    const named = ordersToCancel(controls, 'A', exposure).map(({ order, scopes }) => [
      order.orderId,
      ...scopes,
    ]);
    expect(named).toEqual([
      ['B', 'STRATEGY:alpha', 'GLOBAL', 'ACCOUNT:A'],
      ['S', 'STRATEGY:alpha'],
    ]);
  });

  test('a flat account has nothing to reduce', () => {
    const other = open('S', 'SELL', 1, { symbol: 'ABC' });
    expect(cancelled(closeOnly, other)).toEqual(['S']);
  });
});
