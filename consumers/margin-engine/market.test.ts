import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { KnownSymbol } from '#contracts/price-marks.ts';
import { ALWAYS_OPEN } from '#domain/market-hours.ts';
import { rate } from '#domain/money.ts';
import { credulousMarket, putPrice } from '../../test/market-fixture.ts';
import { laterPositions } from './market-positions.ts';
import { Market } from './market.ts';
import type { ArrivedQuote } from './market.ts';

const NOW = 1_795_000_000_000;
const POLICY = {
  outlierMove: rate(200_000),
  outlierTicks: 3,
  outlierMs: 10_000,
  overnightMove: rate(400_000),
  doubtMove: rate(200_000),
};

describe('the last quote of a symbol counts', () => {
  const quotes: [string, number, number, boolean, number, number][] = [
    ['a later one with another price', 410, NOW + 1, true, 410, NOW + 1],
    ['one of the same instant that comes later', 410, NOW, true, 410, NOW],
    ['an older one', 410, NOW - 1, false, 400, NOW],
    ['a later one with the same price', 400, NOW + 1, false, 400, NOW + 1],
  ];
  test.each(quotes)('%s', (_what, price, at, changed, priceAfter, atAfter) => {
    const market = credulousMarket();
    expect(putPrice(market, 'NVDA', 400, NOW)).toBe(true);
    expect(putPrice(market, 'NVDA', price, at)).toBe(changed);
    expect(market.markOf('NVDA')).toEqual({ priceE4: priceAfter, at: atAfter, kind: 'TRADE' });
  });

  test('a symbol without a quote has no price', () => {
    const market = credulousMarket();
    expect([market.priceE4('NVDA'), market.markOf('NVDA'), market.live('NVDA').betaE4]).toEqual([
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
    const market = credulousMarket();
    expect(market.beta('NVDA', 1, NOW)).toBe(true);
    expect(market.beta('NVDA', beta, at)).toBe(changed);
    expect(market.live('NVDA').betaE4).toBe(after);
  });
});

describe('a doubtful price', () => {
  /** The nth record of the symbol, one each second. */
  const trade = (n: number, priceE4: number): ArrivedQuote => ({
    priceE4,
    at: NOW + n * 1_000,
    kind: 'TRADE',
    arrivedAt: NOW + n * 1_000,
    offset: n,
  });
  const doubting = (): Market => new Market(POLICY, ALWAYS_OPEN);

  test('is kept when the doubt begins and when it ends, not with each tick', () => {
    const market = doubting();
    const steps: [number, number, boolean, boolean][] = [
      [0, 100, true, false],
      [1, 101, true, false],
      [2, 50, true, true],
      [3, 51, false, false],
      [4, 100, true, true],
      [5, 99, true, false],
    ];
    for (const [n, priceE4, isNews, isToBeKept] of steps) {
      expect([n, market.quote('NVDA', trade(n, priceE4))]).toEqual([n, { isNews, isToBeKept }]);
    }
  });

  test('counts by time alone when the market is asked to settle, and is news once', () => {
    const market = doubting();
    market.quote('NVDA', trade(0, 100));
    market.quote('NVDA', trade(1, 50));
    expect(market.settle(NOW + 10_999)).toEqual([]);
    expect(market.priceE4('NVDA')).toBe(100);
    expect(market.settle(NOW + 11_000)).toEqual(['NVDA']);
    expect(market.settle(NOW + 11_000)).toEqual([]);
    expect(market.markOf('NVDA')).toEqual({ priceE4: 50, at: NOW + 1_000, kind: 'TRADE' });
    expect(market.quote('NVDA', trade(20, 51)).isNews).toBe(true);
    expect(market.priceE4('NVDA')).toBe(51);
  });

  test('is doubtful after a restart that finds the last record only', () => {
    const market = doubting();
    const ticks = [trade(0, 100), trade(1, 50), trade(2, 51)];
    const kept = ticks.flatMap((tick) =>
      market.quote('NVDA', tick).isToBeKept ? [market.known('NVDA')] : [],
    );
    const restarted = doubting();
    for (const known of kept) restarted.restore(known);
    for (const tick of ticks.slice(-1)) restarted.quote('NVDA', tick);
    expect(restarted.known('NVDA')).toEqual(market.known('NVDA'));
    expect(restarted.markOf('NVDA')).toEqual(market.markOf('NVDA'));
    expect(restarted.priceE4('NVDA')).toBe(100);
  });

  test('no restart finds another price than the one that counts, nor doubts a good one', () => {
    const steps = fc.array(
      fc.record({
        move: fc.oneof(
          { weight: 4, arbitrary: fc.double({ min: 0.85, max: 1.19, noNaN: true }) },
          fc.double({ min: 0.4, max: 2, noNaN: true }),
        ),
        kind: fc.constantFrom('TRADE', 'TRADE', 'TRADE', 'CLOSE'),
      }),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(steps, (walk) => {
        const market = doubting();
        let kept: KnownSymbol | null = null;
        let priceE4 = 1_000_000;
        for (const [n, { move, kind }] of walk.entries()) {
          priceE4 = Math.max(1_000, Math.round(priceE4 * move));
          const tick = { ...trade(n, priceE4), kind };
          if (market.quote('NVDA', tick).isToBeKept) kept = market.known('NVDA');
          const restarted = doubting();
          if (kept !== null) restarted.restore(kept);
          restarted.quote('NVDA', tick);
          const [found, counting] = [restarted, market].map((one) => one.markOf('NVDA'));
          expect([found?.priceE4, found?.quality]).toEqual([counting?.priceE4, counting?.quality]);
        }
      }),
    );
  });

  test('a rise since the close, each step good, is good after a restart', () => {
    const market = doubting();
    const ticks = [
      { ...trade(0, 100), kind: 'CLOSE' as const },
      ...[105, 115, 127, 139, 145].map((priceE4, n) => trade(n + 1, priceE4)),
    ];
    const kept = ticks.flatMap((tick) =>
      market.quote('NVDA', tick).isToBeKept ? [market.known('NVDA')] : [],
    );
    expect(kept.map(({ price }) => price?.accepted.priceE4)).toEqual([100, 105, 127]);
    const restarted = doubting();
    for (const known of kept) restarted.restore(known);
    for (const tick of ticks.slice(-1)) restarted.quote('NVDA', tick);
    expect(restarted.markOf('NVDA')).toEqual(market.markOf('NVDA'));
    expect(restarted.markOf('NVDA')).toMatchObject({ priceE4: 145 });
  });

  test('a record that was kept is not taken twice', () => {
    const market = doubting();
    market.quote('NVDA', trade(0, 100));
    market.quote('NVDA', trade(1, 50));
    const restarted = doubting();
    restarted.restore(market.known('NVDA'));
    restarted.quote('NVDA', trade(0, 100));
    restarted.quote('NVDA', trade(1, 50));
    expect(restarted.known('NVDA')).toEqual(market.known('NVDA'));
  });

  test('a halt and a resumption are news, and are kept; the last statement counts', () => {
    const market = doubting();
    market.quote('NVDA', trade(0, 100));
    expect(market.state('NVDA', 'HALT', NOW)).toEqual({ isNews: true, isToBeKept: true });
    expect(market.markOf('NVDA')).toMatchObject({ priceE4: 100, quality: 'HALTED' });
    expect(market.state('NVDA', 'HALT', NOW + 1).isNews).toBe(false);
    expect(market.state('NVDA', 'CLEAR', NOW + 9)).toEqual({ isNews: false, isToBeKept: true });
    expect(market.state('NVDA', 'RESUME', NOW - 1).isNews).toBe(false);
    expect(market.state('NVDA', 'RESUME', NOW + 2).isNews).toBe(true);
    expect(market.markOf('NVDA')).toEqual({ priceE4: 100, at: NOW, kind: 'TRADE' });
  });

  test('a quote that somebody waits for is news though it says the same', () => {
    const market = doubting();
    market.quote('NVDA', trade(0, 100));
    market.awaitQuote('NVDA', NOW - 1);
    expect(market.quote('NVDA', trade(1, 100)).isNews).toBe(false);
    market.awaitQuote('NVDA', NOW + 2_500);
    market.awaitQuote('NVDA', NOW + 1_500);
    const news = [2, 3, 4].map((n) => market.quote('NVDA', trade(n, 100)).isNews);
    expect(news).toEqual([true, true, false]);
  });

  test('a halt before the first price marks that price', () => {
    const market = doubting();
    market.state('NVDA', 'HALT', NOW);
    expect(market.markOf('NVDA')).toBeNull();
    market.quote('NVDA', trade(0, 100));
    expect(market.markOf('NVDA')?.quality).toBe('HALTED');
  });
});

test('how far the market was read never becomes less, partition by partition', () => {
  const early = { prices: [3, 9], betas: [], instruments: [1] };
  const late = { prices: [5, 7], betas: [1, 2], instruments: [0] };
  const latest = { prices: [5, 9], betas: [1, 2], instruments: [1] };
  expect(laterPositions(early, late)).toEqual(latest);
  expect(laterPositions(late, early)).toEqual(latest);
});
