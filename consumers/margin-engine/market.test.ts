import { describe, expect, test } from '@jest/globals';
import { laterPositions } from './market-positions.ts';
import { Market } from './market.ts';

const NOW = 1_795_000_000_000;

describe('the last quote of a symbol counts', () => {
  const quotes: [string, number, number, boolean, number, number][] = [
    ['a later one with another price', 410, NOW + 1, true, 410, NOW + 1],
    ['one of the same instant that comes later', 410, NOW, true, 410, NOW],
    ['an older one', 410, NOW - 1, false, 400, NOW],
    ['a later one with the same price', 400, NOW + 1, false, 400, NOW + 1],
  ];
  test.each(quotes)('%s', (_what, price, at, changed, priceAfter, atAfter) => {
    const market = new Market();
    expect(market.quote('NVDA', 400, NOW)).toBe(true);
    expect(market.quote('NVDA', price, at)).toBe(changed);
    expect(market.priceE4('NVDA')).toBe(priceAfter);
    expect(market.pricedAt('NVDA')).toBe(atAfter);
  });

  test('a symbol without a quote has no price', () => {
    const market = new Market();
    expect([market.priceE4('NVDA'), market.pricedAt('NVDA'), market.betaE4('NVDA')]).toEqual([
      null,
      null,
      null,
    ]);
  });

  const betas: [string, number, number, boolean, number][] = [
    ['a later one', 2, NOW + 1, true, 2],
    ['a later one that says the same', 1, NOW + 1, false, 1],
    ['an older one', 2, NOW - 1, false, 1],
  ];
  test.each(betas)('betas likewise: %s', (_what, beta, at, changed, after) => {
    const market = new Market();
    expect(market.beta('NVDA', 1, NOW)).toBe(true);
    expect(market.beta('NVDA', beta, at)).toBe(changed);
    expect(market.betaE4('NVDA')).toBe(after);
  });
});

test('how far the market was read never becomes less, partition by partition', () => {
  const early = { prices: [3, 9], betas: [] };
  const late = { prices: [5, 7], betas: [1, 2] };
  expect(laterPositions(early, late)).toEqual({ prices: [5, 9], betas: [1, 2] });
  expect(laterPositions(late, early)).toEqual({ prices: [5, 9], betas: [1, 2] });
});
