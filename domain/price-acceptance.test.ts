import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { UNREMARKABLE } from './instruments.ts';
import type { Instrument } from './instruments.ts';
import { rate } from './money.ts';
import { countsAt, markOf, takeTick } from './price-acceptance.ts';
import type { Mark, PriceState, Tick } from './price-acceptance.ts';
import type { PricePolicy } from './policy.ts';

const POLICY: PricePolicy = {
  outlierMove: rate(200_000),
  outlierTicks: 3,
  outlierMs: 10_000,
  overnightMove: rate(400_000),
  doubtMove: rate(200_000),
};
const T0 = 1_795_000_000_000;

/** A tick `ms` after T0, at once with the broker. */
function trade(ms: number, priceE4: number, facts: Partial<Tick> = {}): Tick {
  const at = T0 + ms;
  return { priceE4, at, kind: 'TRADE', arrivedAt: at, inSession: true, ...facts };
}

function close(ms: number, priceE4: number): Tick {
  return trade(ms, priceE4, { kind: 'CLOSE', inSession: false });
}

function fold(ticks: readonly Tick[], clearedAt: number | null = null): PriceState {
  const state = ticks.reduce<PriceState | null>(
    (before, tick) => takeTick(before, tick, clearedAt, POLICY),
    null,
  );
  if (state === null) throw new Error('no tick');
  return state;
}

/** What counts right after the last tick. */
function after(ticks: readonly Tick[], instrument: Instrument = UNREMARKABLE, laterMs = 0): Mark {
  const now = (ticks.at(-1)?.arrivedAt ?? 0) + laterMs;
  return markOf(fold(ticks, instrument.clearedAt), instrument, now, POLICY);
}

function cleared(clearedAt: number): Instrument {
  return { ...UNREMARKABLE, clearedAt };
}

describe('an outlying tick', () => {
  const cases: [string, Tick[], Partial<Mark>][] = [
    ['the first price of all counts', [trade(0, 100)], { priceE4: 100 }],
    ['a move of exactly the limit counts', [trade(0, 100), trade(1, 80)], { priceE4: 80 }],
    [
      'one beyond it does not, and the price that counts says so',
      [trade(0, 100), trade(1, 79)],
      { priceE4: 100, at: T0, quality: 'OUTLYING', unconfirmedPriceE4: 79 },
    ],
    [
      'upwards as well',
      [trade(0, 100), trade(1, 121)],
      { priceE4: 100, quality: 'OUTLYING', unconfirmedPriceE4: 121 },
    ],
    [
      'is forgotten when the price is back',
      [trade(0, 100), trade(1, 1), trade(2, 101)],
      { priceE4: 101, at: T0 + 2 },
    ],
    [
      'two confirming ticks are not enough',
      [trade(0, 100), trade(1, 50), trade(2, 51), trade(3, 52)],
      { priceE4: 100, quality: 'OUTLYING', unconfirmedPriceE4: 52 },
    ],
    [
      'three are, and the last of them counts',
      [trade(0, 100), trade(1, 50), trade(2, 51), trade(3, 52), trade(4, 49)],
      { priceE4: 49, at: T0 + 4 },
    ],
    [
      'a tick at yet another level confirms nothing',
      [trade(0, 100), trade(1, 50), trade(2, 51), trade(3, 52), trade(4, 1)],
      { priceE4: 100, quality: 'OUTLYING', unconfirmedPriceE4: 1 },
    ],
    [
      'an older tick changes nothing',
      [trade(0, 100), trade(5, 50), trade(4, 99)],
      { priceE4: 100, quality: 'OUTLYING', unconfirmedPriceE4: 50 },
    ],
    [
      'time counts by the broker, not by what the quote says of itself',
      [trade(0, 100), trade(1, 50), trade(20_000, 51, { arrivedAt: T0 + 2 })],
      { priceE4: 100, quality: 'OUTLYING', unconfirmedPriceE4: 51 },
    ],
    [
      'what stood long enough counts before the next tick is judged',
      [trade(0, 100), trade(1, 50), trade(10_001, 52)],
      { priceE4: 52 },
    ],
  ];
  test.each(cases)('%s', (_what, ticks, mark) => {
    expect(after(ticks)).toMatchObject(mark);
    expect(after(ticks).quality).toBe(mark.quality);
  });

  test('counts when nothing contradicts it for the time of the policy, and not 1 ms earlier', () => {
    const ticks = [trade(0, 100), trade(1, 50)];
    expect(countsAt(fold(ticks), POLICY)).toBe(T0 + 1 + POLICY.outlierMs);
    expect(after(ticks, UNREMARKABLE, POLICY.outlierMs - 1)).toMatchObject({ priceE4: 100 });
    expect(after(ticks, UNREMARKABLE, POLICY.outlierMs)).toEqual({
      priceE4: 50,
      at: T0 + 1,
      kind: 'TRADE',
    });
  });
});

describe('an overnight move', () => {
  const gap = [trade(0, 100), close(10, 100), trade(60_000, 59)];
  test('beyond policy is suspicious: neither ticks nor time make it count', () => {
    const ticks = [...gap, ...[1, 2, 3, 4, 5].map((n) => trade(60_000 + n * 20_000, 58))];
    expect(after(ticks)).toMatchObject({
      priceE4: 100,
      kind: 'CLOSE',
      quality: 'SUSPICIOUS',
      unconfirmedPriceE4: 58,
    });
    expect(countsAt(fold(ticks), POLICY)).toBeNull();
  });

  test('within it is an outlier like another', () => {
    expect(after([close(10, 100), trade(60_000, 60)])).toMatchObject({ quality: 'OUTLYING' });
  });

  test('counts when a person has cleared it after it came, not before', () => {
    const clearedAt = T0 + 60_000;
    const tooEarly = cleared(clearedAt - 1);
    expect(after(gap, tooEarly)).toMatchObject({ priceE4: 100, quality: 'SUSPICIOUS' });
    expect(after(gap, cleared(clearedAt))).toEqual({
      priceE4: 59,
      at: T0 + 60_000,
      kind: 'TRADE',
    });
    expect(after([...gap, trade(60_001, 57)], cleared(clearedAt)).priceE4).toBe(57);
  });

  test('stays suspicious when the price comes back, though that price counts', () => {
    const ticks = [...gap, trade(60_001, 98)];
    expect(after(ticks)).toEqual({
      priceE4: 98,
      at: T0 + 60_001,
      kind: 'TRADE',
      quality: 'SUSPICIOUS',
    });
  });

  test('is told only from the official close: the same move in a session is an outlier', () => {
    expect(after([trade(0, 100), trade(60_000, 59)])).toMatchObject({ quality: 'OUTLYING' });
  });
});

describe('out of session', () => {
  const late = (ms: number, priceE4: number): Tick => trade(ms, priceE4, { inSession: false });
  test('the official close counts, whatever is traded after it', () => {
    expect(after([trade(0, 100), close(10, 101), late(20, 110)])).toMatchObject({
      priceE4: 101,
      kind: 'CLOSE',
    });
  });
  test('until there is one, trades count', () => {
    expect(after([trade(0, 100), late(20, 110)])).toMatchObject({ priceE4: 110 });
  });
  test('the first trade of the next session counts again', () => {
    expect(after([close(10, 101), late(20, 110), trade(30, 105)])).toMatchObject({ priceE4: 105 });
  });
});

test('a halt marks the price, a suspicion more so', () => {
  const halted = { ...UNREMARKABLE, haltedSince: T0 };
  expect(after([trade(0, 100)], halted).quality).toBe('HALTED');
  expect(after([trade(0, 100), trade(1, 50)], halted)).toMatchObject({
    quality: 'HALTED',
    unconfirmedPriceE4: 50,
  });
  expect(after([close(0, 100), trade(1, 50)], halted).quality).toBe('SUSPICIOUS');
});

describe('whatever comes', () => {
  /** Ticks of one level, so near that none is an outlier of another, less than a second apart. */
  const level = (centre: number, lengthMin: number): fc.Arbitrary<number[]> =>
    fc.array(fc.integer({ min: centre * 0.95, max: centre * 1.05 }), {
      minLength: lengthMin,
      maxLength: 12,
    });
  const from = (prices: readonly number[]): Tick[] =>
    prices.map((priceE4, index) => trade(index * 700, priceE4));

  test('a single bad tick never counts while the market goes on ticking', () => {
    fc.assert(
      fc.property(
        level(100_000, 2),
        fc.nat(),
        fc.oneof(fc.integer({ min: 1, max: 70_000 }), fc.integer({ min: 130_000, max: 1e11 })),
        (prices, place, bad) => {
          const index = 1 + (place % (prices.length - 1));
          const ticks = from(prices.toSpliced(index, 0, bad));
          for (let end = 1; end <= ticks.length; end += 1) {
            const isLast = end === ticks.length;
            const mark = after(ticks.slice(0, end), UNREMARKABLE, isLast ? 0 : 699);
            expect(mark.priceE4).not.toBe(bad);
            expect(mark.quality).toBe(end === index + 1 ? 'OUTLYING' : undefined);
          }
        },
      ),
    );
  });

  test('a true crash counts with its third confirming tick, or in the time of the policy', () => {
    fc.assert(
      fc.property(level(100_000, 1), level(40_000, 1), (before, since) => {
        const ticks = from([...before, ...since]);
        const last = since.at(-1);
        const isConfirmed = since.length > POLICY.outlierTicks;
        expect(after(ticks).priceE4 === last).toBe(isConfirmed);
        expect(after(ticks, UNREMARKABLE, POLICY.outlierMs).priceE4).toBe(last);
      }),
    );
  });

  const anything = fc.array(
    fc.record({
      ms: fc.integer({ min: 0, max: 100_000 }),
      lagMs: fc.integer({ min: -1_000, max: 5_000 }),
      priceE4: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 1e11 })),
      kind: fc.constantFrom('TRADE' as const, 'CLOSE' as const),
      inSession: fc.boolean(),
    }),
    { minLength: 1, maxLength: 30 },
  );

  test('no price is lost: the last one that was taken counts once it is cleared or stood', () => {
    fc.assert(
      fc.property(anything, (inputs) => {
        let state: PriceState | null = null;
        let lastE4 = 0;
        let arrivedAt = T0;
        for (const { ms, lagMs, ...facts } of inputs) {
          arrivedAt += ms;
          const next = takeTick(
            state,
            { ...facts, arrivedAt, at: arrivedAt - lagMs },
            null,
            POLICY,
          );
          if (next !== state) lastE4 = facts.priceE4;
          state = next;
        }
        if (state === null) throw new Error('no tick');
        expect(markOf(state, cleared(arrivedAt), arrivedAt, POLICY)).toMatchObject({
          priceE4: lastE4,
        });
        if (state.suspicion !== null) return;
        const stood = markOf(state, UNREMARKABLE, arrivedAt + POLICY.outlierMs, POLICY);
        expect(stood).toMatchObject({ priceE4: lastE4 });
        expect(stood.quality).toBeUndefined();
      }),
    );
  });
});
