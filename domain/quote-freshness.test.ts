import { WALK_POLICY } from '#test/ladder-walk.ts';
import { describe, expect, test } from '@jest/globals';
import { closesFrom, marketHours } from './market-hours.ts';
import { isFreshlyQuoted, lastQuotedAt } from './quote-freshness.ts';
import type { SeenQuote } from './quote-freshness.ts';

const SESSION = { clock: 'SESSION', calendar: WALK_POLICY.calendar } as const;
const isOpen = marketHours(SESSION);
const MINUTE = 60_000;
const at = (text: string): number => Date.parse(text);

/** A close of figures, the quote that was seen last, and when somebody asks. */
function isFresh(close: string, seen: SeenQuote | null, now: string): boolean {
  const price = { kind: 'CLOSE', at: at(close) } as const;
  const quotedAt = lastQuotedAt(price, seen, isOpen);
  return isFreshlyQuoted(price, quotedAt, at(now), MINUTE, closesFrom(SESSION));
}

describe('an official close', () => {
  test.each([
    ['in the evening of its session', '2026-07-06T20:00:00Z', '2026-07-07T01:00:00Z', true],
    ['that was published late', '2026-07-06T20:20:00Z', '2026-07-07T01:00:00Z', true],
    ['until the next opening', '2026-07-06T20:00:00Z', '2026-07-07T13:29:59Z', true],
    ['over a holiday weekend', '2026-07-02T20:00:00Z', '2026-07-06T13:00:00Z', true],
    ['of an early close', '2026-11-27T18:00:00Z', '2026-11-27T19:00:00Z', true],
    ['not from the opening on', '2026-07-06T20:00:00Z', '2026-07-07T13:30:00Z', false],
    ['not after the next session', '2026-06-30T20:00:00Z', '2026-07-01T20:00:30Z', false],
    ['not a week later', '2026-06-30T20:00:00Z', '2026-07-06T20:00:30Z', false],
    ['not where the calendar ends', '2028-12-29T21:00:00Z', '2031-01-01T03:00:00Z', false],
  ])('is fresh %s', (_when, close, now, fresh) => {
    expect(isFresh(close, null, now)).toBe(fresh);
  });

  test('is of no use by the wall clock, which knows no session', () => {
    const price = { kind: 'CLOSE', at: at('2026-07-06T20:00:00Z') } as const;
    const wall = closesFrom({ ...SESSION, clock: 'WALL' });
    const now = at('2026-07-07T01:00:00Z');
    expect(isFreshlyQuoted(price, price.at, now, MINUTE, wall)).toBe(false);
  });
});

describe('a trade seen after the official close that figures are of', () => {
  const CLOSE = '2026-07-06T20:00:00Z';

  test('out of session says nothing: at the opening the close of yesterday is no live quote', () => {
    const seen = { kind: 'TRADE', at: at('2026-07-07T13:29:55Z') } as const;
    expect(isFresh(CLOSE, seen, '2026-07-07T13:30:00Z')).toBe(false);
    expect(isFresh(CLOSE, seen, '2026-07-07T13:29:59Z')).toBe(true);
  });

  test('in session at the same price renews the quote, although no figures came of it', () => {
    const seen = { kind: 'TRADE', at: at('2026-07-07T13:30:05Z') } as const;
    expect(isFresh(CLOSE, seen, '2026-07-07T13:30:10Z')).toBe(true);
  });
});

describe('a trade that figures are of', () => {
  test('is renewed by a later one at any hour, and is old without', () => {
    const price = { kind: 'TRADE', at: at('2026-07-06T20:30:00Z') } as const;
    const now = at('2026-07-06T21:00:00Z');
    const seen = { kind: 'TRADE', at: now - 1_000 } as const;
    const fresh = (quote: SeenQuote | null): boolean =>
      isFreshlyQuoted(price, lastQuotedAt(price, quote, isOpen), now, MINUTE, closesFrom(SESSION));
    expect(fresh(seen)).toBe(true);
    expect(fresh(null)).toBe(false);
  });
});
