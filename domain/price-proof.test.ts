import { describe, expect, test } from '@jest/globals';
import { LadderWalk } from '../test/ladder-walk.ts';
import { E4 } from './money.ts';
import type { PriceDoubt, QuotedPosition } from './price-quality.ts';

/** Doubtful prices on the ladder (RULES, Liquidation). 500 NVDA on a debit of 150,000. */

/** 500 × 390 is worth 195,000: deficient, and not at 468, a fifth higher. */
const DEPENDS = 390;
/** 500 × 320: still deficient at 384, a fifth higher. */
const CERTAIN = 320;

function held(
  symbol: string,
  shares: number,
  dollars: number,
  quality?: PriceDoubt,
): QuotedPosition {
  return {
    symbol,
    qtyE4: shares * E4,
    priceE4: dollars * E4,
    betaE4: 18_000,
    ...(quality === undefined ? {} : { quality }),
  };
}

describe('a doubtful price', () => {
  test.each(['STALE', 'HALTED', 'OUTLYING', 'SUSPICIOUS'] as const)(
    '%s holds an escalation that depends on it, and says what for',
    (quality) => {
      const walk = new LadderWalk();
      walk.positions = [held('NVDA', 500, DEPENDS, quality)];
      walk.tell();
      expect(walk.story).toEqual(['HOLD']);
      expect(walk.state.hold?.reason).toMatchObject({
        code: 'PRICE_DOUBTFUL',
        what: 'NVDA',
        observed: quality,
      });
    },
  );

  test('lets go on when it is good again', () => {
    const walk = new LadderWalk();
    walk.positions = [held('NVDA', 500, DEPENDS, 'OUTLYING')];
    walk.tell();
    walk.positions = [held('NVDA', 500, DEPENDS)];
    walk.tell().wait(1_500);
    expect(walk.story).toEqual(['HOLD', 'HOLD_CLEARED', 'WARN', 'CALL']);
  });

  test('does not hold a call that is due at any price within the doubt', () => {
    const walk = new LadderWalk();
    walk.positions = [held('NVDA', 500, CERTAIN, 'HALTED')];
    walk.tell();
    expect(walk.story).toEqual(['WARN', 'CALL']);
  });

  test('is never traded: the rest is sold, what is doubtful waits', () => {
    const walk = new LadderWalk();
    walk.positions = [held('KO', 100, 60), held('NVDA', 500, CERTAIN, 'HALTED')];
    walk.tell().wait(20_000);
    expect(walk.state.rung).toBe('LIQUIDATING');
    expect(walk.orders.map(({ symbol }) => symbol)).toEqual(['KO']);
  });

  test('holds a liquidation of nothing else: the account is not given up', () => {
    const walk = new LadderWalk();
    walk.positions = [held('NVDA', 500, CERTAIN, 'HALTED')];
    walk.tell().wait(20_000);
    expect(walk.state).toMatchObject({
      rung: 'RESTRICTED',
      hold: { reason: { code: 'PRICE_DOUBTFUL', limit: 'something else to sell or cover' } },
    });
    expect(walk.orders).toEqual([]);
  });

  test('proves no warning', () => {
    const walk = new LadderWalk();
    walk.positions = [held('NVDA', 500, 405, 'STALE')];
    walk.tell();
    expect(walk.story).toEqual(['HOLD']);
  });
});
