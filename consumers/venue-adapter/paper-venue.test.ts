import { describe, expect, test } from '@jest/globals';
import { decideCancel, decideMarket, decideOrder, mayStand } from './paper-venue.ts';
import type { LastPrice } from '#domain/gate/last-price.ts';
import type { CancelOutcome, Market, OrderOutcome, PaperMarket } from './paper-venue.ts';
import { VENUE_LIMITS, VenueBook } from './venue-book.ts';
import type { VenueExecution, VenueOrder } from './venue-book.ts';

const NOW = 1_795_000_000_000;
const QUOTE_AGE_MAX_MS = 5_000;
const DAY_MS = 86_400_000;

const ORDER: VenueOrder = {
  orderId: 'O1',
  accountId: 'ACC_1',
  symbol: 'NVDA',
  side: 'SELL',
  qtyE4: 1_000_000,
  opensE4: 0,
  limitE4: null,
  strategy: 'liquidation',
  liquidation: true,
  takeUntil: NOW + 60_000,
  writtenAt: NOW - 1_000,
  validUntil: NOW + 60_000,
  corrId: 'C1',
};
const O1 = { accountId: 'ACC_1', orderId: 'O1' };
const O2 = { accountId: 'ACC_1', orderId: 'O2' };
const O3 = { accountId: 'ACC_1', orderId: 'O3' };
const FRESH: LastPrice = { priceE4: 4_000_000, at: NOW - QUOTE_AGE_MAX_MS };
const STALE: LastPrice = { priceE4: 4_000_000, at: NOW - QUOTE_AGE_MAX_MS - 1 };

const WHOLE_AT_ONCE: PaperMarket = { fillDelayMs: 0, fillQtyE4Max: null };

function market(last: LastPrice | null, now = NOW, given: Partial<Market> = {}): Market {
  return {
    lastPrice: () => last,
    lastHop: () => ({ is: 'OPEN' }),
    paper: WHOLE_AT_ONCE,
    quoteAgeMaxMs: QUOTE_AGE_MAX_MS,
    now,
    ...given,
  };
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

const WORKS = 'WORKING 1 ACCEPTED 0 - 0 paper venue: the order works';

describe('an order comes to the paper venue', () => {
  const finished = (book: VenueBook): void => {
    book.executed({ ...O1, status: 'FILLED', cumQtyE4: 1_000_000 }, NOW);
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
    ['without a price it works, and says so', () => undefined, {}, null, WORKS],
    ['with a price that is too old it works', () => undefined, {}, STALE, WORKS],
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
        book.keepCancel(O1, NOW);
      },
      {},
      FRESH,
      '1 CANCELLED 0 - 0 paper venue: cancelled before it arrived',
    ],
    [
      "a cancel of another account's does not touch it",
      (book) => {
        book.keepCancel({ ...O1, accountId: 'ACC_2' }, NOW);
      },
      {},
      FRESH,
      '1 FILLED 1000000 4000000 1000000 paper venue: filled at the last price',
    ],
    ['an order id that was executed is a duplicate', finished, {}, FRESH, 'DUPLICATE'],
    [
      'an order id that was executed is a duplicate even when the rest differs',
      finished,
      { qtyE4: 1, validUntil: NOW - 1 },
      FRESH,
      'DUPLICATE',
    ],
    [
      'an order id that works is a duplicate',
      (book) => {
        book.keepWorking(ORDER, 7, NOW);
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
      '1 EXPIRED 0 - 0 paper venue: valid_until has passed',
    ],
    [
      'more than a day after valid_until and executed in part it expires with what was filled',
      (book) => {
        book.executed({ ...O1, status: 'PARTIALLY_FILLED', cumQtyE4: 400_000 }, NOW);
      },
      { writtenAt: NOW - 2 * DAY_MS + 1, validUntil: NOW - DAY_MS - 1 },
      FRESH,
      '2 EXPIRED 0 - 400000 paper venue: valid_until has passed',
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
      '1 REJECTED 0 - 0 paper venue: its end is more than a day ahead',
    ],
    [
      'executed in part before, only the rest is filled, as the next execution',
      (book) => {
        book.executed({ ...O1, status: 'PARTIALLY_FILLED', cumQtyE4: 400_000 }, NOW);
      },
      {},
      FRESH,
      '2 FILLED 600000 4000000 1000000 paper venue: filled at the last price',
    ],
    [
      'executed in part before, it expires with what was filled',
      (book) => {
        book.executed({ ...O1, status: 'PARTIALLY_FILLED', cumQtyE4: 400_000 }, NOW);
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
        full.keepWorking({ ...ORDER, orderId: `W${String(n)}` }, n, NOW);
      }
    });
    expect(inShort(decideOrder(book, ORDER, market(FRESH)))).toBe(
      '1 REJECTED 0 - 0 paper venue: the venue has no room for another order today',
    );
  });
});

describe('a cancel comes to the paper venue', () => {
  const working = (book: VenueBook): void => {
    book.keepWorking(ORDER, 7, NOW);
  };
  const cases: [string, (book: VenueBook) => void, string, string][] = [
    ['a working order is cancelled', working, 'ACC_1', '1 CANCELLED 0 - 0 paper venue: cancelled'],
    ["another account's working order is not", working, 'ACC_2', 'WAITS'],
    ['before its order it waits', () => undefined, 'ACC_1', 'WAITS'],
    [
      'after its order is finished it is too late',
      (book) => {
        book.executed({ ...O1, status: 'FILLED', cumQtyE4: 1 }, NOW);
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
    ['no price: they are taken and go on working', null, NOW, ['O1 ACCEPTED']],
    ['a price that is too old: they go on working', STALE, NOW, ['O1 ACCEPTED']],
    ['a fresh price fills them', FRESH, NOW, ['O1 FILLED']],
    ['at valid_until they expire', null, NOW + 60_000, ['O1 EXPIRED']],
  ];
  test.each(cases)('%s', (_name, last, now, expected) => {
    const book = bookWith((prepared) => {
      prepared.keepWorking(ORDER, 7, NOW);
    });
    const executions = decideMarket(book, market(last, now));
    expect(executions.map(({ order, status }) => `${order.orderId} ${status}`)).toEqual(expected);
  });
});

describe('the last hop', () => {
  const customers: VenueOrder = {
    ...ORDER,
    liquidation: false,
    limitE4: 4_000_000,
    takeUntil: NOW + 1_000,
  };
  const killed: Partial<Market> = {
    lastHop: () => ({ is: 'STOPPED', why: 'kill switch active for ACCOUNT:ACC_1' }),
  };
  const unproved: Partial<Market> = { lastHop: () => ({ is: 'UNPROVED' }) };
  const waits: Partial<Market> = { lastHop: () => ({ is: 'WAITS' }) };
  const KILLED = '1 CANCELLED 0 - 0 paper venue: kill switch active for ACCOUNT:ACC_1';
  const EXPIRED = '1 EXPIRED 0 - 0 paper venue: valid_until has passed';
  const FILLED = '1 FILLED 1000000 4000000 1000000 paper venue: filled at the last price';
  const cases: [string, Partial<VenueOrder>, LastPrice, number, Partial<Market>, string][] = [
    ['a kill stops what the gate let pass', {}, FRESH, NOW, killed, KILLED],
    ['on controls that nobody can prove it waits', {}, FRESH, NOW, unproved, 'WORKING'],
    ['and is over at its valid_until', {}, FRESH, NOW + 1_000, unproved, EXPIRED],
    ['until the gate has judged it anew it works', {}, FRESH, NOW, waits, WORKS],
    ['it is not taken at its valid_until', {}, FRESH, NOW + 1_000, {}, EXPIRED],
    ['a limit that the price does not reach works', { limitE4: 4_000_001 }, FRESH, NOW, {}, WORKS],
    ['a limit that it reaches is filled', {}, FRESH, NOW, {}, FILLED],
    ['a purchase below its limit is filled', { side: 'BUY' }, FRESH, NOW, {}, FILLED],
    ['a purchase above it works', { side: 'BUY', limitE4: 3_999_999 }, FRESH, NOW, {}, WORKS],
  ];
  test.each(cases)('%s', (_what, change, last, now, given, expected) => {
    const outcome = decideOrder(
      new VenueBook(),
      { ...customers, ...change },
      market({ ...last, at: now }, now, given),
    );
    expect(inShort(outcome)).toBe(expected);
  });

  test('what was taken before works on after its valid_until, also for the next process', () => {
    const book = new VenueBook();
    book.executed({ ...O1, status: 'ACCEPTED', cumQtyE4: 0 }, NOW);
    const late = decideOrder(book, customers, market({ ...FRESH, at: NOW }, NOW + 4_000));
    expect(inShort(late)).toBe(FILLED.replace('1 F', '2 F'));
  });

  test('a delay and parts: each part in its time, and the last one ends the order', () => {
    const paper = { fillDelayMs: 100, fillQtyE4Max: 400_000 };
    const book = new VenueBook();
    const at = (now: number) => market({ ...FRESH, at: now }, now, { paper });
    expect(inShort(decideOrder(book, customers, at(NOW)))).toBe(WORKS);
    book.keepWorking(customers, 7, NOW + 100);
    book.executed({ ...O1, status: 'ACCEPTED', cumQtyE4: 0 }, NOW);
    expect(decideMarket(book, at(NOW + 99))).toEqual([]);
    const parts = [100, 200, 300].map((ms) => {
      const [part] = decideMarket(book, at(NOW + ms));
      if (part !== undefined) book.executed({ ...O1, ...part }, NOW + ms);
      return [part?.status, part?.lastQtyE4, part?.leavesQtyE4];
    });
    expect(parts).toEqual([
      ['PARTIALLY_FILLED', 400_000, 600_000],
      ['PARTIALLY_FILLED', 400_000, 200_000],
      ['FILLED', 200_000, 0],
    ]);
  });
});

describe('another look at what was decided and is not visible yet', () => {
  const at = (now: number, given: Partial<Market> = {}) =>
    market({ ...FRESH, at: NOW }, now, given);
  const killed: Partial<Market> = {
    lastHop: () => ({ is: 'STOPPED', why: 'kill switch active for GLOBAL' }),
  };
  const unproved: Partial<Market> = { lastHop: () => ({ is: 'UNPROVED' }) };
  const customers: VenueOrder = { ...ORDER, liquidation: false, takeUntil: NOW + 1_000 };

  /** A fill of the order, as the venue decides it now. */
  function filled(order: VenueOrder, book = new VenueBook()): readonly VenueExecution[] {
    const outcome = decideOrder(book, order, at(NOW));
    return 'execution' in outcome && outcome.execution !== null ? [outcome.execution] : [];
  }

  const accepted = (book: VenueBook): void => {
    book.executed({ ...O1, status: 'ACCEPTED', cumQtyE4: 0 }, NOW);
  };
  const cases: [string, VenueOrder, (book: VenueBook) => void, Market, boolean][] = [
    ['stands at once', ORDER, () => undefined, at(NOW), true],
    ['a kill does not let it stand', ORDER, () => undefined, at(NOW, killed), false],
    ['nor do controls that nobody can prove', ORDER, () => undefined, at(NOW, unproved), false],
    ['stands while its price is new', ORDER, () => undefined, at(NOW + QUOTE_AGE_MAX_MS), true],
    ['not on an old price', ORDER, () => undefined, at(NOW + QUOTE_AGE_MAX_MS + 1), false],
    ['not when it comes too late to be taken', customers, () => undefined, at(NOW + 1_000), false],
    ['stands later when it was taken in time', customers, accepted, at(NOW + 1_000), true],
    [
      'not when it has expired',
      { ...ORDER, validUntil: NOW + 10 },
      () => undefined,
      at(NOW + 10),
      false,
    ],
  ];
  test.each(cases)('%s', (_what, order, prepare, now, expected) => {
    const decided = filled(order, bookWith(prepare));
    expect(decided).toHaveLength(1);
    expect(mayStand(decided, now)).toBe(expected);
  });

  test('what moves no shares may always stand', () => {
    const book = bookWith((prepared) => {
      prepared.keepWorking(ORDER, 7, NOW);
    });
    const outcome = decideCancel(book, O1);
    const ends = 'execution' in outcome ? [outcome.execution] : [];
    expect(ends).toHaveLength(1);
    for (const given of [unproved, killed]) expect(mayStand(ends, at(NOW, given))).toBe(true);
  });
});

describe('the venue remembers', () => {
  test('the oldest working order is where a restart reads from, until it is finished', () => {
    const book = new VenueBook();
    book.keepWorking(ORDER, 7, NOW);
    book.keepWorking({ ...ORDER, orderId: 'O2', validUntil: NOW + 1_000 }, 9, NOW);
    expect(book.oldestWorkingOffset()).toBe(7);
    expect(book.nextLookAt(NOW)).toBe(NOW + 1_000);
    book.executed({ ...O1, status: 'FILLED', cumQtyE4: 1 }, NOW);
    expect(book.oldestWorkingOffset()).toBe(9);
    book.executed({ ...O2, status: 'EXPIRED', cumQtyE4: 0 }, NOW);
    expect(book.oldestWorkingOffset()).toBeNull();
    expect(book.nextLookAt(NOW)).toBeNull();
  });

  test('an order id for two days after its execution, and no longer', () => {
    const book = new VenueBook();
    book.executed({ ...O1, status: 'FILLED', cumQtyE4: 1 }, NOW);
    book.executed({ ...O2, status: 'FILLED', cumQtyE4: 1 }, NOW + 2 * DAY_MS - 1);
    expect(book.isFinished(O1)).toBe(true);
    book.executed({ ...O3, status: 'FILLED', cumQtyE4: 1 }, NOW + 2 * DAY_MS);
    expect(book.isFinished(O1)).toBe(false);
    expect(book.isFinished(O2)).toBe(true);
  });

  test('at most so many waiting cancels: the oldest goes first', () => {
    const book = new VenueBook();
    for (let n = 0; n <= VENUE_LIMITS.cancelsMax; n += 1) {
      book.keepCancel({ accountId: 'ACC_1', orderId: `O${String(n)}` }, NOW);
    }
    expect(book.isCancelled({ ...ORDER, orderId: 'O0' })).toBe(false);
    expect(book.isCancelled({ ...ORDER, orderId: 'O1' })).toBe(true);
  });
});
