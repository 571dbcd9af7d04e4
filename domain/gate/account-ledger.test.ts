import { MARGIN_RATES } from '#test/gate/margin-rates.ts';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { E4, rate } from '../money.ts';
import { AccountLedger } from './account-ledger.ts';
import type { LedgerExecution, LedgerFigures } from './account-ledger.ts';
import { AccountExposure } from './exposure.ts';
import type { GatePolicy } from './gate-policy.ts';

const POLICY: GatePolicy = {
  orderAgeMsMax: 5_000,
  orderValidMs: 1_000,
  orderLifeMs: 3_600_000,
  collarRate: rate(100_000),
  orderQtyMaxE4: 1_000_000 * E4,
  orderNotionalMaxE4: 1_000_000 * E4,
  restricted: new Set(),
  shorting: true,
  hardToBorrow: new Set(),
  locates: new Map(),
  creditRate: rate(500_000),
  nonMarginable: new Set(),
  quotas: { firmE4: 0, symbolE4: 0, strategyE4: 0, alerts: [] },
  margin: MARGIN_RATES,
};

function ledger(): { exposure: AccountExposure; told: AccountLedger } {
  const exposure = new AccountExposure(POLICY);
  return { exposure, told: new AccountLedger(exposure) };
}

let sequence = 0;
function figures(given: Partial<LedgerFigures> = {}): LedgerFigures {
  sequence += 1;
  return {
    version: { generation: 1, sequence },
    fillsPosition: 0,
    excessE4: 100_000 * E4,
    cashE4: 100_000 * E4,
    positions: new Map(),
    ...given,
  };
}

/** A buy of 100 XYZ at $100 that has executed whole, its fill at offset 7, unless said otherwise. */
function execution(given: Partial<LedgerExecution> = {}): LedgerExecution {
  return {
    orderId: 'O1',
    symbol: 'XYZ',
    side: 'BUY',
    lastQtyE4: 100 * E4,
    lastPriceE4: 100 * E4,
    leavesE4: 0,
    fillOffset: 7,
    ...given,
  };
}

function accept(exposure: AccountExposure, qty = 100): void {
  exposure.accept(
    {
      orderId: 'O1',
      symbol: 'XYZ',
      side: 'BUY',
      strategy: 'alpha',
      liquidation: false,
      qtyE4: qty * E4,
    },
    { referencePriceE4: 100 * E4, adversePriceE4: 0 },
  );
}

describe('an account that the engine and the venue tell of', () => {
  test('is unknown until the engine has told it', () => {
    const { exposure, told } = ledger();
    expect(exposure.isKnown).toBe(false);
    told.figures(figures());
    expect(exposure.isKnown).toBe(true);
  });

  test('holds the margin of an execution until the figures include its fill', () => {
    const { exposure, told } = ledger();
    told.figures(figures());
    accept(exposure);
    expect(exposure.reservedE4 + exposure.unsettledE4).toBe(5_000 * E4);
    told.execution(execution());
    expect([exposure.reservedE4, exposure.unsettledE4]).toEqual([0, 5_000 * E4]);
    expect(exposure.cashE4).toBe(90_000 * E4);
    // Figures that do not include it: a price has moved.
    told.figures(figures({ fillsPosition: 7 }));
    expect(exposure.unsettledE4).toBe(5_000 * E4);
    expect(exposure.positionE4('XYZ')).toBe(100 * E4);
    told.figures(figures({ fillsPosition: 8, positions: new Map([['XYZ', 100 * E4]]) }));
    expect(exposure.unsettledE4).toBe(0);
    expect(exposure.positionE4('XYZ')).toBe(100 * E4);
    expect(told.pendingCount).toBe(0);
  });

  test('counts a fill once when the figures are first', () => {
    const { exposure, told } = ledger();
    accept(exposure);
    told.figures(figures({ fillsPosition: 8, positions: new Map([['XYZ', 100 * E4]]) }));
    told.execution(execution());
    expect(exposure.positionE4('XYZ')).toBe(100 * E4);
    expect([exposure.reservedE4, exposure.unsettledE4]).toEqual([0, 0]);
  });

  test('holds nothing for what closes a position', () => {
    const { exposure, told } = ledger();
    told.figures(figures({ positions: new Map([['XYZ', -150 * E4]]) }));
    accept(exposure);
    told.execution(execution());
    expect(exposure.unsettledE4).toBe(0);
    expect(exposure.positionE4('XYZ')).toBe(-50 * E4);
  });

  test('forgets what the figures no longer have', () => {
    const { exposure, told } = ledger();
    told.figures(figures({ positions: new Map([['XYZ', 100 * E4]]) }));
    told.figures(figures());
    expect(exposure.positionE4('XYZ')).toBe(0);
  });

  test('takes no older figures', () => {
    const { exposure, told } = ledger();
    const old = figures({ positions: new Map([['XYZ', 1]]) });
    told.figures(figures());
    told.figures(old);
    expect(exposure.positionE4('XYZ')).toBe(0);
  });
});

test('in whatever order executions and figures come, the position is what was filled', () => {
  const signed = fc.integer({ min: -50, max: 50 }).filter((qty) => qty !== 0);
  fc.assert(
    fc.property(
      fc.array(signed, { maxLength: 12 }),
      fc.infiniteStream(fc.nat({ max: 2 })),
      (fills, turns) => {
        const { exposure, told } = ledger();
        const at = (position: number): number =>
          fills.slice(0, position).reduce((total, qty) => total + qty, 0);
        const tell = (position: number): void => {
          const positions = new Map(
            at(position) === 0 ? [] : [['XYZ', at(position) * E4] as const],
          );
          told.figures(figures({ fillsPosition: position, positions }));
        };
        tell(0);
        let executed = 0;
        let toldTo = 0;
        while (executed < fills.length || toldTo < fills.length) {
          // The engine may be ahead of the venue's word, or behind it.
          const isExecution = turns.next().value === 0;
          if (isExecution && executed < fills.length) {
            const qty = fills[executed] ?? 0;
            told.execution(
              execution({
                orderId: `O${String(executed)}`,
                side: qty > 0 ? 'BUY' : 'SELL',
                lastQtyE4: Math.abs(qty) * E4,
                fillOffset: executed,
              }),
            );
            executed += 1;
          } else if (toldTo < fills.length) {
            toldTo += 1;
            tell(toldTo);
          }
          expect(exposure.positionE4('XYZ')).toBe(at(Math.max(executed, toldTo)) * E4 + 0);
        }
        expect(told.pendingCount).toBe(0);
      },
    ),
  );
});
