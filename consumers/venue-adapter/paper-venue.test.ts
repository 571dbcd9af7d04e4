import { describe, expect, test } from '@jest/globals';
import { decideCancel, decideMarket, decideOrder } from './paper-venue.ts';
import type { CancelOutcome, LastPrice, Market, OrderOutcome } from './paper-venue.ts';
import { VENUE_LIMITS, VenueBook } from './venue-book.ts';
import type { VenueOrder } from './venue-book.ts';

const NOW = 1_795_000_000_000;
const QUOTE_AGE_MAX_MS = 5_000;
const DAY_MS = 86_400_000;

const ORDER: VenueOrder = {
  orderId: 'O1',
  accountId: 'ACC_1',
  symbol: 'NVDA',
  side: 'SELL',
  qtyE4: 1_000_000,
  writtenAt: NOW - 1_000,
  validUntil: NOW + 60_000,
  corrId: 'C1',
};
const FRESH: LastPrice = { priceE4: 4_000_000, at: NOW - QUOTE_AGE_MAX_MS };
const STALE: LastPrice = { priceE4: 4_000_000, at: NOW - QUOTE_AGE_MAX_MS - 1 };

function market(last: LastPrice | null, now = NOW): Market {
  return { lastPrice: () => last, quoteAgeMaxMs: QUOTE_AGE_MAX_MS, now };
}

function bookWith(prepare: (book: VenueBook) => void): VenueBook {
  const book = new VenueBook();
  prepare(book);
  return book;
}

/** The outcome in short: its code, or the execution's status, shares, price and reason. */
function inShort(outcome: OrderOutcome | CancelOutcome): string {
  const execution = 'execution' in outcome ? outcome.execution : null;
  if (execution === null) return outcome.code;
  const { number, status, lastQtyE4, lastPriceE4, cumQtyE4, reason } = execution;
  const late = outcome.code === 'EXECUTED' ? [] : [outcome.code];
  return [...late, number, status, lastQtyE4, lastPriceE4 ?? '-', cumQtyE4, reason].join(' ');
}

describe('an order comes to the paper venue', () => {
  const finished = (book: VenueBook): void => {
    book.executed({ orderId: 'O1', status: 'FILLED', cumQtyE4: 1_000_000 }, NOW);
  };
  const cases: [
    string,
    (book: VenueBook) => void,
    Partial<VenueOrder>,
    LastPrice | null,
    string,
  ][] = [
    [
      'with a fresh price it is filled whole at the last price',
      () => undefined,
      {},
      FRESH,
      '1 FILLED 1000000 4000000 1000000 paper venue: filled at the last price',
    ],
    ['without a price it works', () => undefined, {}, null, 'WORKING'],
    ['with a price that is too old it works', () => undefined, {}, STALE, 'WORKING'],
    [
      'at its valid_until it is expired, whatever the price',
      () => undefined,
      { validUntil: NOW },
      FRESH,
      '1 EXPIRED 0 - 0 paper venue: valid_until has passed',
    ],
    [
      'a ms before its valid_until it is filled',
      () => undefined,
      { validUntil: NOW + 1 },
      FRESH,
      '1 FILLED 1000000 4000000 1000000 paper venue: filled at the last price',
    ],
    [
      'cancelled before it is cancelled',
      (book) => {
        book.keepCancel('O1', 'ACC_1', NOW);
      },
      {},
      FRESH,
      '1 CANCELLED 0 - 0 paper venue: cancelled before it arrived',
    ],
    [
      "a cancel of another account's does not touch it",
      (book) => {
        book.keepCancel('O1', 'ACC_2', NOW);
      },
      {},
      FRESH,
      '1 FILLED 1000000 4000000 1000000 paper venue: filled at the last price',
    ],
    ['an order id that was executed is a duplicate', finished, {}, FRESH, 'DUPLICATE'],
    [
      'an order id that was executed is a duplicate even when the rest differs',
      finished,
      { accountId: 'ACC_2', validUntil: NOW - 1 },
      FRESH,
      'DUPLICATE',
    ],
    [
      'an order id that works is a duplicate',
      (book) => {
        book.keepWorking(ORDER, 7);
      },
      {},
      FRESH,
      'DUPLICATE',
    ],
    [
      'more than a day after valid_until it is expired while its execution would be remembered',
      () => undefined,
      { writtenAt: NOW - 2 * DAY_MS + 1, validUntil: NOW - DAY_MS - 1 },
      FRESH,
      'TOO_OLD 1 EXPIRED 0 - 0 paper venue: valid_until has passed',
    ],
    [
      'more than a day after valid_until and executed in part it expires with what was filled',
      (book) => {
        book.executed({ orderId: 'O1', status: 'PARTIALLY_FILLED', cumQtyE4: 400_000 }, NOW);
      },
      { writtenAt: NOW - 2 * DAY_MS + 1, validUntil: NOW - DAY_MS - 1 },
      FRESH,
      'TOO_OLD 2 EXPIRED 0 - 400000 paper venue: valid_until has passed',
    ],
    [
      'written so long ago that its execution may be forgotten, nobody can tell it from a duplicate',
      () => undefined,
      { writtenAt: NOW - 2 * DAY_MS, validUntil: NOW - DAY_MS - 1 },
      FRESH,
      'TOO_OLD',
    ],
    [
      'valid for longer than ids are remembered it is rejected',
      () => undefined,
      { validUntil: NOW + DAY_MS + 1 },
      FRESH,
      '1 REJECTED 0 - 0 paper venue: valid_until is more than a day ahead',
    ],
    [
      'executed in part before, only the rest is filled, as the next execution',
      (book) => {
        book.executed({ orderId: 'O1', status: 'PARTIALLY_FILLED', cumQtyE4: 400_000 }, NOW);
      },
      {},
      FRESH,
      '2 FILLED 600000 4000000 1000000 paper venue: filled at the last price',
    ],
    [
      'executed in part before, it expires with what was filled',
      (book) => {
        book.executed({ orderId: 'O1', status: 'PARTIALLY_FILLED', cumQtyE4: 400_000 }, NOW);
      },
      { validUntil: NOW },
      FRESH,
      '2 EXPIRED 0 - 400000 paper venue: valid_until has passed',
    ],
  ];
  test.each(cases)('%s', (_name, prepare, change, last, expected) => {
    const outcome = decideOrder(bookWith(prepare), { ...ORDER, ...change }, market(last));
    expect(inShort(outcome)).toBe(expected);
  });

  test('when too many work already it is rejected, never silently dropped', () => {
    const book = bookWith((full) => {
      for (let n = 0; n < VENUE_LIMITS.workingMax; n += 1) {
        full.keepWorking({ ...ORDER, orderId: `W${String(n)}` }, n);
      }
    });
    expect(inShort(decideOrder(book, ORDER, market(FRESH)))).toBe(
      '1 REJECTED 0 - 0 paper venue: the venue has no room for another order today',
    );
  });
});

describe('a cancel comes to the paper venue', () => {
  const working = (book: VenueBook): void => {
    book.keepWorking(ORDER, 7);
  };
  const cases: [string, (book: VenueBook) => void, string, string][] = [
    ['a working order is cancelled', working, 'ACC_1', '1 CANCELLED 0 - 0 paper venue: cancelled'],
    ["another account's working order is not", working, 'ACC_2', 'OTHER_ACCOUNT'],
    ['before its order it waits', () => undefined, 'ACC_1', 'WAITS'],
    [
      'after its order is finished it is too late',
      (book) => {
        book.executed({ orderId: 'O1', status: 'FILLED', cumQtyE4: 1 }, NOW);
      },
      'ACC_1',
      'TOO_LATE',
    ],
  ];
  test.each(cases)('%s', (_name, prepare, accountId, expected) => {
    const outcome = decideCancel(bookWith(prepare), { orderId: 'O1', accountId });
    expect(inShort(outcome)).toBe(expected);
  });
});

describe('working orders look at the market', () => {
  const cases: [string, LastPrice | null, number, string[]][] = [
    ['no price: they go on working', null, NOW, []],
    ['a price that is too old: they go on working', STALE, NOW, []],
    ['a fresh price fills them', FRESH, NOW, ['O1 FILLED']],
    ['at valid_until they expire', null, NOW + 60_000, ['O1 EXPIRED']],
  ];
  test.each(cases)('%s', (_name, last, now, expected) => {
    const book = bookWith((prepared) => {
      prepared.keepWorking(ORDER, 7);
    });
    const executions = decideMarket(book, market(last, now));
    expect(executions.map(({ order, status }) => `${order.orderId} ${status}`)).toEqual(expected);
  });
});

describe('the venue remembers', () => {
  test('the oldest working order is where a restart reads from, until it is finished', () => {
    const book = new VenueBook();
    book.keepWorking(ORDER, 7);
    book.keepWorking({ ...ORDER, orderId: 'O2', validUntil: NOW + 1_000 }, 9);
    expect(book.oldestWorkingOffset()).toBe(7);
    expect(book.nextExpiryAt()).toBe(NOW + 1_000);
    book.executed({ orderId: 'O1', status: 'FILLED', cumQtyE4: 1 }, NOW);
    expect(book.oldestWorkingOffset()).toBe(9);
    book.executed({ orderId: 'O2', status: 'EXPIRED', cumQtyE4: 0 }, NOW);
    expect(book.oldestWorkingOffset()).toBeNull();
    expect(book.nextExpiryAt()).toBeNull();
  });

  test('an order id for two days after its execution, and no longer', () => {
    const book = new VenueBook();
    book.executed({ orderId: 'O1', status: 'FILLED', cumQtyE4: 1 }, NOW);
    book.executed({ orderId: 'O2', status: 'FILLED', cumQtyE4: 1 }, NOW + 2 * DAY_MS - 1);
    expect(book.isFinished('O1')).toBe(true);
    book.executed({ orderId: 'O3', status: 'FILLED', cumQtyE4: 1 }, NOW + 2 * DAY_MS);
    expect(book.isFinished('O1')).toBe(false);
    expect(book.isFinished('O2')).toBe(true);
  });

  test('at most so many waiting cancels: the oldest goes first', () => {
    const book = new VenueBook();
    for (let n = 0; n <= VENUE_LIMITS.cancelsMax; n += 1) {
      book.keepCancel(`O${String(n)}`, 'ACC_1', NOW);
    }
    expect(book.isCancelled({ ...ORDER, orderId: 'O0' })).toBe(false);
    expect(book.isCancelled({ ...ORDER, orderId: 'O1' })).toBe(true);
  });
});
