import { describe, expect, test } from '@jest/globals';
import type { DeadLetterCode } from '#contracts/dead-letter.ts';
import type { InboundRecord } from '#ports/records.ts';
import { bookingOf, marketDataOf } from './intake.ts';

const NOW = 1_795_000_000_000;
const FILL = {
  fill_id: 'F1',
  account_id: 'ACC_1',
  symbol: 'NVDA',
  qty: -2.5,
  price: 400.1234,
  timestamp: NOW,
};
const CASH = {
  cash_id: 'C1',
  account_id: 'ACC_1',
  amount: -250.0001,
  kind: 'WITHDRAWAL',
  timestamp: NOW,
};
const REVERSAL = {
  cash_id: 'C2',
  account_id: 'ACC_1',
  kind: 'REVERSAL',
  ref_cash_id: 'C1',
  timestamp: NOW,
};
const ADJUSTMENT = {
  adjustment_id: 'J1',
  account_id: 'ACC_1',
  kind: 'TRANSFER_IN',
  cash: 10,
  positions: [{ symbol: 'NVDA', qty: 5 }],
  reason: 'from another broker',
  actor: 'ann',
  timestamp: NOW,
};
const MOVES_NOTHING = { cash: undefined, positions: undefined };
const SPLIT = { ...MOVES_NOTHING, kind: 'SPLIT', symbol: 'NVDA', numerator: 3, denominator: 2 };
const PRICE = { symbol: 'NVDA', price: 400.1234, timestamp: NOW };
const BETA = { symbol: 'NVDA', beta: 1.8, timestamp: NOW };
const STATEMENT = { symbol: 'NVDA', action: 'HALT', timestamp: NOW };
const PARTITION = 3;
const partitionOf = (): number => PARTITION;

function record(
  topic: string,
  key: string | null,
  value: string | Uint8Array | null,
): InboundRecord {
  return {
    topic,
    partition: PARTITION,
    offset: 42,
    key,
    value: typeof value === 'string' ? Buffer.from(value) : value,
    timestamp: NOW,
  };
}

const fill = (changes: object): InboundRecord =>
  record('fills.v1', 'ACC_1', JSON.stringify({ ...FILL, ...changes }));
const cash = (changes: object): InboundRecord =>
  record('cash.v1', 'ACC_1', JSON.stringify({ ...CASH, ...changes }));
const adjustment = (changes: object): InboundRecord =>
  record('adjustments.v1', 'ACC_1', JSON.stringify({ ...ADJUSTMENT, ...changes }));
const cancelRecord = (changes: object = {}): InboundRecord => {
  const { symbol: _symbol, qty: _qty, price: _price, ...rest } = FILL;
  const content = { ...rest, fill_id: 'F2', kind: 'CANCEL', ref_fill_id: 'F1', ...changes };
  return record('fills.v1', 'ACC_1', JSON.stringify(content));
};
const price = (changes: object): InboundRecord =>
  record('prices.v1', 'NVDA', JSON.stringify({ ...PRICE, ...changes }));
const beta = (changes: object): InboundRecord =>
  record('betas.v1', 'NVDA', JSON.stringify({ ...BETA, ...changes }));
const statement = (changes: object): InboundRecord =>
  record('instruments.v1', 'NVDA', JSON.stringify({ ...STATEMENT, ...changes }));

/** A record's text with one value as it stands on the wire, whatever JSON.stringify would make of it. */
const withRaw = (good: object, field: string, raw: string): string =>
  JSON.stringify({ ...good, [field]: '@@' }).replace('"@@"', raw);

describe('a good record is taken over in the units of the domain', () => {
  test('a fill', () => {
    expect(bookingOf(fill({}), partitionOf)).toEqual({
      ok: true,
      value: {
        id: 'f:F1',
        entry: {
          accountId: 'ACC_1',
          reverses: null,
          subject: 'NVDA',
          qtyE4: -25_000,
          priceE4: 4_001_234,
        },
        at: NOW,
        correlationId: 'fills.v1:3:42',
        cause: 'FILL',
        adjustment: null,
      },
    });
  });

  test('a cash movement, with the correlation id that it brings', () => {
    expect(bookingOf(cash({ correlation_id: 'X9' }), partitionOf)).toEqual({
      ok: true,
      value: {
        id: 'c:C1',
        entry: {
          accountId: 'ACC_1',
          reverses: null,
          subject: '',
          qtyE4: -2_500_001,
          priceE4: 0,
        },
        at: NOW,
        correlationId: 'X9',
        cause: 'CASH',
        adjustment: null,
      },
    });
  });

  const taken: [string, InboundRecord, object][] = [
    [
      'the cancel of a fill, which says only what it cancels',
      cancelRecord(),
      { id: 'f:F2', entry: { reverses: 'f:F1', subject: '', qtyE4: 0, priceE4: 0 } },
    ],
    [
      'the correction of a fill',
      fill({ fill_id: 'F2', kind: 'CORRECT', ref_fill_id: 'F1' }),
      { id: 'f:F2', entry: { reverses: 'f:F1', subject: 'NVDA', qtyE4: -25_000 } },
    ],
    ['a fill that says it is new', fill({ kind: 'NEW' }), { entry: { reverses: null } }],
    [
      'the reversal of a cash movement',
      record('cash.v1', 'ACC_1', JSON.stringify(REVERSAL)),
      { id: 'c:C2', entry: { reverses: 'c:C1', subject: '', qtyE4: 0 } },
    ],
    ['an adjustment', adjustment({}), { id: 'a:J1', cause: 'ADJUSTMENT', entry: { qtyE4: 0 } }],
  ];
  test.each(taken)('%s', (_what, inbound, booking) => {
    expect(bookingOf(inbound, partitionOf)).toMatchObject({ ok: true, value: booking });
  });

  test('what an adjustment says is told by its digest; when and who is not part of it', () => {
    const digest = (changes: object): string => {
      const booking = bookingOf(adjustment(changes), partitionOf);
      return booking.ok ? booking.value.entry.subject : 'refused';
    };
    expect(digest({ timestamp: NOW - 5, correlation_id: 'X' })).toBe(digest({}));
    expect(digest({ cash: 11 })).not.toBe(digest({}));
    expect(digest({ positions: [{ symbol: 'NVDA', qty: 6 }] })).not.toBe(digest({}));
    expect(digest({ actor: 'ben', requested_by: 'ann' })).toBe(digest({}));
    expect(digest({ reason: 'another' })).not.toBe(digest({}));
  });

  test('a fill dated up to a minute ahead of its arrival', () => {
    expect(bookingOf(fill({ timestamp: NOW + 60_000 }), partitionOf).ok).toBe(true);
  });

  test('a price, a beta and a statement, dated up to a second ahead', () => {
    const at = NOW + 1_000;
    const quote = { priceE4: 4_001_234, at, arrivedAt: NOW, offset: 42 };
    expect(marketDataOf(price({ timestamp: at }), partitionOf)).toEqual({
      ok: true,
      value: { kind: 'PRICE', symbol: 'NVDA', at, quote: { ...quote, kind: 'TRADE' } },
    });
    expect(marketDataOf(price({ timestamp: at, kind: 'CLOSE' }), partitionOf)).toMatchObject({
      value: { quote: { ...quote, kind: 'CLOSE' } },
    });
    expect(marketDataOf(beta({ beta: -0.5 }), partitionOf)).toEqual({
      ok: true,
      value: { kind: 'BETA', symbol: 'NVDA', betaE4: -5_000, at: NOW },
    });
    expect(marketDataOf(statement({ timestamp: at }), partitionOf)).toEqual({
      ok: true,
      value: { kind: 'INSTRUMENT', symbol: 'NVDA', at, action: 'HALT' },
    });
  });
});

type Bad = [what: string, record: InboundRecord, code: DeadLetterCode, reason: RegExp];

const without = (good: object, field: string): string =>
  JSON.stringify(Object.fromEntries(Object.entries(good).filter(([name]) => name !== field)));

/** Options and futures, which are never margined as stock (RULES, Figures). */
const DERIVATIVES = ['AAPL260119C00150000', 'AAPL  260119C00150000', 'ESZ6', 'ESZ26'];

const BAD_FILLS: Bad[] = [
  ['a tombstone', record('fills.v1', 'ACC_1', null), 'MALFORMED', /no value/],
  ['nothing', record('fills.v1', 'ACC_1', ''), 'MALFORMED', /JSON/],
  ['no JSON', record('fills.v1', 'ACC_1', '{"qty": 1'), 'MALFORMED', /JSON/],
  ['bytes that are no text', record('fills.v1', 'ACC_1', Uint8Array.of(0xff)), 'MALFORMED', /./],
  ['a number', record('fills.v1', 'ACC_1', '42'), 'SCHEMA', /the record/],
  ['null', record('fills.v1', 'ACC_1', 'null'), 'SCHEMA', /the record/],
  ['a list', record('fills.v1', 'ACC_1', `[${JSON.stringify(FILL)}]`), 'SCHEMA', /the record/],
  ...Object.keys(FILL).map((field): Bad => {
    const missing = record('fills.v1', 'ACC_1', without(FILL, field));
    return [`no ${field}`, missing, 'SCHEMA', new RegExp(`^/${field}: `)];
  }),
  ['an unknown field', fill({ venue: 'X' }), 'SCHEMA', /venue/],
  ['an unknown field of a tricky name', protoFill(), 'SCHEMA', /__proto__/],
  ['NaN', record('fills.v1', 'ACC_1', withRaw(FILL, 'qty', 'NaN')), 'MALFORMED', /JSON/],
  ['NaN as text', fill({ qty: 'NaN' }), 'SCHEMA', /^\/qty: /],
  ['a number as text', fill({ price: '400' }), 'SCHEMA', /^\/price: /],
  [
    'infinity',
    record('fills.v1', 'ACC_1', withRaw(FILL, 'price', '1e999')),
    'SCHEMA',
    /^\/price: /,
  ],
  ['no shares', fill({ qty: 0 }), 'SCHEMA', /^\/qty: /],
  [
    'minus no shares',
    record('fills.v1', 'ACC_1', withRaw(FILL, 'qty', '-0')),
    'SCHEMA',
    /^\/qty: /,
  ],
  ['an absurd quantity', fill({ qty: 1e15 }), 'SCHEMA', /^\/qty: /],
  ['an absurd price', fill({ price: 1e12 }), 'SCHEMA', /^\/price: /],
  ['five decimals', fill({ price: 1.00001 }), 'SCHEMA', /^\/price: /],
  ['a price of nothing', fill({ price: 0 }), 'SCHEMA', /^\/price: /],
  ['a negative price', fill({ price: -1 }), 'SCHEMA', /^\/price: /],
  ['a fraction of a millisecond', fill({ timestamp: NOW + 0.5 }), 'SCHEMA', /^\/timestamp: /],
  ['a timestamp in microseconds', fill({ timestamp: NOW * 1_000 }), 'SCHEMA', /^\/timestamp: /],
  ['an id with a space', fill({ fill_id: 'F 1' }), 'SCHEMA', /^\/fill_id: /],
  ['an id of 65 characters', fill({ fill_id: 'F'.repeat(65) }), 'SCHEMA', /^\/fill_id: /],
  ['a nested account', fill({ account_id: { $gt: '' } }), 'SCHEMA', /^\/account_id: /],
  ['an unknown kind', fill({ kind: 'BUST' }), 'SCHEMA', /^\/kind: /],
  ['a cancel of nothing', cancelRecord({ ref_fill_id: undefined }), 'SCHEMA', /^\/ref_fill_id: /],
  ['a cancel with a quantity', cancelRecord({ qty: 1 }), 'SCHEMA', /qty/],
  ['a correction of nothing', fill({ kind: 'CORRECT' }), 'SCHEMA', /^\/ref_fill_id: /],
  ['a new fill that refers to another', fill({ ref_fill_id: 'F0' }), 'SCHEMA', /ref_fill_id/],
  ...DERIVATIVES.map((symbol): Bad => [symbol, fill({ symbol }), 'UNSUPPORTED', /^\/symbol: /]),
  ['a key of another account', { ...fill({}), key: 'ACC_2' }, 'WRONG_KEY', /ACC_1/],
  ['no key', { ...fill({}), key: null }, 'WRONG_KEY', /account_id/],
  ['a wrong partition', { ...fill({}), partition: 5 }, 'WRONG_KEY', /partition 3/],
  ['a date to come', fill({ timestamp: NOW + 60_001 }), 'FROM_THE_FUTURE', /a minute ahead/],
  ['a megabyte', record('fills.v1', 'ACC_1', 'x'.repeat(1_000_000)), 'TOO_LARGE', /1000000 bytes/],
];

const BAD_CASH: Bad[] = [
  ...Object.keys(CASH).map((field): Bad => {
    const missing = record('cash.v1', 'ACC_1', without(CASH, field));
    return [`no ${field}`, missing, 'SCHEMA', new RegExp(`^/${field}: `)];
  }),
  ['a withdrawal that pays in', cash({ amount: 5 }), 'SCHEMA', /^\/amount: /],
  ['a deposit that pays out', cash({ kind: 'DEPOSIT' }), 'SCHEMA', /^\/amount: /],
  ['a movement of nothing', cash({ amount: 0 }), 'SCHEMA', /^\/amount: /],
  ['an unknown kind', cash({ kind: 'GIFT' }), 'SCHEMA', /^\/kind: /],
  ['an absurd amount', cash({ amount: -1e12 }), 'SCHEMA', /^\/amount: /],
  ['NaN as text', cash({ amount: 'NaN' }), 'SCHEMA', /^\/amount: /],
  ['a key of another account', { ...cash({}), key: 'ACC_2' }, 'WRONG_KEY', /ACC_1/],
  ['a wrong partition', { ...cash({}), partition: 5 }, 'WRONG_KEY', /partition 3/],
  ['a fill', { ...fill({}), topic: 'cash.v1' }, 'SCHEMA', /./],
];

describe('a bad record is refused with its code and what was seen', () => {
  test.each(BAD_FILLS)('a fill with %s', (_what, bad, code, reason) => {
    const { refusal } = refused(bookingOf(bad, partitionOf));
    expect([refusal.code, refusal.reason]).toEqual([code, expect.stringMatching(reason)]);
  });

  test.each(BAD_CASH)('a cash movement with %s', (_what, bad, code, reason) => {
    const { refusal } = refused(bookingOf(bad, partitionOf));
    expect([refusal.code, refusal.reason]).toEqual([code, expect.stringMatching(reason)]);
  });

  const badAdjustments: Bad[] = [
    ['an unknown kind', adjustment({ kind: 'GIFT' }), 'SCHEMA', /^\/kind: /],
    ['nothing to move', adjustment({ cash: undefined, positions: undefined }), 'SCHEMA', /cash/],
    ['no cash at all', adjustment({ cash: 0 }), 'SCHEMA', /^\/cash: /],
    ['a list of no positions', adjustment({ positions: [] }), 'SCHEMA', /^\/positions: /],
    ['no reason', adjustment({ reason: '' }), 'SCHEMA', /^\/reason: /],
    ['a reason with an escape sequence', adjustment({ reason: '\u001b[2J' }), 'SCHEMA', /control/],
    ['no actor', adjustment({ actor: undefined }), 'SCHEMA', /^\/actor: /],
    [
      'a split of one to nothing',
      adjustment({ ...SPLIT, denominator: 0 }),
      'SCHEMA',
      /^\/denominator: /,
    ],
    ['a ratio of fractions', adjustment({ ...SPLIT, numerator: 1.5 }), 'SCHEMA', /^\/numerator: /],
    [
      'a change to the same symbol',
      adjustment({ ...MOVES_NOTHING, kind: 'SYMBOL_CHANGE', symbol: 'A', new_symbol: 'A' }),
      'SCHEMA',
      /^\/new_symbol: /,
    ],
    ['nothing to clear', adjustment({ ...MOVES_NOTHING, kind: 'CLEAR' }), 'SCHEMA', /^\/clears: /],
    ['a key of another account', { ...adjustment({}), key: 'ACC_2' }, 'WRONG_KEY', /ACC_1/],
    ...DERIVATIVES.flatMap((symbol): Bad[] => [
      [
        `${symbol} transferred in`,
        adjustment({ positions: [{ symbol, qty: 1 }] }),
        'UNSUPPORTED',
        /^\/positions\/0\/symbol: /,
      ],
      [
        `a change to ${symbol}`,
        adjustment({ ...MOVES_NOTHING, kind: 'SYMBOL_CHANGE', symbol: 'A', new_symbol: symbol }),
        'UNSUPPORTED',
        /^\/new_symbol: /,
      ],
    ]),
  ];
  test.each(badAdjustments)('an adjustment with %s', (_what, bad, code, reason) => {
    const { refusal } = refused(bookingOf(bad, partitionOf));
    expect([refusal.code, refusal.reason]).toEqual([code, expect.stringMatching(reason)]);
  });

  const badMarket: Bad[] = [
    ['an unknown action', statement({ action: 'PAUSE' }), 'SCHEMA', /^\/action: /],
    ['an unknown kind of price', price({ kind: 'BID' }), 'SCHEMA', /^\/kind: /],
    ['no JSON', record('prices.v1', 'NVDA', '{'), 'MALFORMED', /JSON/],
    ['no price', record('prices.v1', 'NVDA', without(PRICE, 'price')), 'SCHEMA', /^\/price: /],
    ['a price of nothing', price({ price: 0 }), 'SCHEMA', /^\/price: /],
    ['NaN as text', price({ price: 'NaN' }), 'SCHEMA', /^\/price: /],
    ['an unknown field', price({ bid: 1 }), 'SCHEMA', /bid/],
    ['a date to come', price({ timestamp: NOW + 1_001 }), 'FROM_THE_FUTURE', /ahead/],
    ['a key of another symbol', { ...price({}), key: 'TSLA' }, 'WRONG_KEY', /NVDA/],
    ['a wrong partition', { ...price({}), partition: 5 }, 'WRONG_KEY', /partition 3/],
    ...DERIVATIVES.flatMap((symbol): Bad[] => [
      [`a price of ${symbol}`, price({ symbol }), 'UNSUPPORTED', /^\/symbol: /],
      [`a beta of ${symbol}`, beta({ symbol }), 'UNSUPPORTED', /^\/symbol: /],
    ]),
    ['an absurd beta', beta({ beta: 101 }), 'SCHEMA', /^\/beta: /],
    ['a beta dated to come', beta({ timestamp: NOW + 1_001 }), 'FROM_THE_FUTURE', /ahead/],
  ];
  test.each(badMarket)('market data with %s', (_what, bad, code, reason) => {
    const { refusal } = refused(marketDataOf(bad, partitionOf));
    expect([refusal.code, refusal.reason]).toEqual([code, expect.stringMatching(reason)]);
  });

  test('a refusal names the account that the record is about, else the one of its key', () => {
    const named = refused(bookingOf(fill({ account_id: 'ACC_9', qty: 0 }), partitionOf));
    expect(named.refusal.accountId).toBe('ACC_9');
    const keyed = refused(bookingOf(record('fills.v1', 'ACC_1', '{'), partitionOf));
    expect(keyed.refusal.accountId).toBe('ACC_1');
  });
});

function refused(accepted: ReturnType<typeof bookingOf> | ReturnType<typeof marketDataOf>): {
  refusal: { code: DeadLetterCode; reason: string; accountId?: string | null };
} {
  if (accepted.ok) throw new Error('was not refused');
  return accepted;
}

function protoFill(): InboundRecord {
  return record('fills.v1', 'ACC_1', JSON.stringify(FILL).replace('{', '{"__proto__":{"qty":1},'));
}
