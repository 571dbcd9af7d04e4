import { describe, expect, test } from '@jest/globals';
import { LadderWalk, WALK_POLICY } from '../test/ladder-walk.ts';
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

describe('an account that is critical only by a doubtful price', () => {
  /** Equity 16,000, less than 40 % of the 41,500 required; with XYZ a fifth higher it is 18,000. */
  const holding = (quality?: PriceDoubt): QuotedPosition[] => [
    held('NVDA', 400, 390),
    held('XYZ', 1_000, 10, quality),
  ];

  test('is called, not accelerated', () => {
    const walk = new LadderWalk();
    walk.positions = holding('HALTED');
    walk.tell().wait(5_000);
    expect(walk.story).toEqual(['WARN', 'CALL']);
    expect(walk.state).toMatchObject({ hold: null, criticalSince: null });
  });

  test('is looked at again, and accelerated once no doubt has been left for as long as policy says', () => {
    const walk = new LadderWalk();
    walk.positions = holding('HALTED');
    walk.tell().wait(2_500);
    walk.positions = holding();
    // Trading goes on at the same price: no figures tell the case.
    walk.wait(WALK_POLICY.accelerationMs - 100);
    expect(walk.story).toEqual(['WARN', 'CALL']);
    walk.wait(WALK_POLICY.staleRetryMs + 200);
    expect(walk.story.slice(2)).toEqual([
      'ACCELERATE',
      'PAST_DUE',
      'CLOSE_ONLY',
      'TRIGGER',
      'ORDERS',
    ]);
  });

  test('is accelerated when it is critical at any price within the doubt', () => {
    const walk = new LadderWalk();
    walk.positions = [held('NVDA', 400, 385), held('XYZ', 1_000, 10, 'HALTED')];
    walk.tell().wait(WALK_POLICY.accelerationMs + 100);
    expect(walk.story.slice(2, 5)).toEqual(['ACCELERATE', 'PAST_DUE', 'CLOSE_ONLY']);
  });
});
