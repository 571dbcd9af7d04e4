import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeRecord } from '#contracts/decode-record.ts';
import { encodeMarginCalc, marginCalcSchema } from '#contracts/margin-figures.ts';
import { AMOUNT_MAX_E4, MoneyRangeError } from '#domain/money.ts';
import { loadPolicy } from '#platform/policies.ts';
import { credulousMarket, putPrice } from '../../test/market-fixture.ts';
import type { Account } from './book.ts';
import { Book, POSITIONS_MAX } from './book.ts';
import type { Market } from './market.ts';

const NOW = 1_795_000_000_000;
const POLICY = loadPolicy('house');

interface Fill {
  readonly kind: 'FILL';
  readonly accountId: string;
  readonly symbol: string;
  readonly qtyE4: number;
  readonly priceE4: number;
}

interface Cash {
  readonly kind: 'CASH';
  readonly accountId: string;
  readonly amountE4: number;
}

interface Quote {
  readonly kind: 'QUOTE';
  readonly symbol: string;
  readonly priceE4: number;
}

const accountId = fc.constantFrom('A', 'B', 'C');
const symbol = fc.constantFrom('NVDA', 'TSLA', 'SPY', 'F');
const priceE4 = fc.oneof(
  fc.integer({ min: 1, max: 10_000_000 }),
  fc.constantFrom(1, 24_999, 25_000, 49_999, 50_000, 166_667),
);
const qtyE4 = fc.oneof(
  // Whole lots that meet again, so that positions close and cross zero.
  fc.constantFrom(-200, -100, -50, 50, 100, 200).map((shares) => shares * 10_000),
  fc.integer({ min: -1_000_000, max: 1_000_000 }).filter((qty) => qty !== 0),
);
const fill: fc.Arbitrary<Fill> = fc.record({
  kind: fc.constant('FILL'),
  accountId,
  symbol,
  qtyE4,
  priceE4,
});
const cash: fc.Arbitrary<Cash> = fc.record({
  kind: fc.constant('CASH'),
  accountId,
  amountE4: fc.integer({ min: -10_000_000_000, max: 10_000_000_000 }),
});
const quote: fc.Arbitrary<Quote> = fc.record({ kind: fc.constant('QUOTE'), symbol, priceE4 });

function applyFill(
  book: Book,
  account: string,
  fill: Pick<Fill, 'symbol' | 'qtyE4' | 'priceE4'>,
  correlationId: string,
): Account {
  const { symbol: name, qtyE4: qty, priceE4: price } = fill;
  const trade = { kind: 'TRADE', symbol: name, qtyE4: qty, priceE4: price } as const;
  return book.apply(account, [trade], 'FILL', correlationId);
}

function applyCash(book: Book, account: string, amountE4: number, correlationId: string): Account {
  return book.apply(account, [{ kind: 'CASH', amountE4 }], 'CASH', correlationId);
}

function apply(book: Book, market: Market, event: Fill | Cash | Quote): Account | null {
  switch (event.kind) {
    case 'FILL':
      return applyFill(book, event.accountId, event, 'test');
    case 'CASH':
      return applyCash(book, event.accountId, event.amountE4, 'test');
    case 'QUOTE':
      putPrice(market, event.symbol, event.priceE4, NOW);
      return null;
  }
}

/** −qty × price of a fill, half-even, from its exact product. */
function costE4({ qtyE4: qty, priceE4: price }: Fill): bigint {
  const product = BigInt(qty) * BigInt(price);
  const magnitude = product < 0n ? -product : product;
  const twice = (magnitude % 10_000n) * 2n;
  let quotient = magnitude / 10_000n;
  if (twice > 10_000n || (twice === 10_000n && quotient % 2n === 1n)) quotient += 1n;
  return product < 0n ? quotient : -quotient;
}

function stateOf(book: Book): unknown {
  return [...book.accounts()].map((account) => ({
    ...account,
    positions: [...account.positions],
  }));
}

describe('the books', () => {
  test('are what a plain fold of fills and cash gives, and holders are who holds', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fill, fill, cash, quote), { maxLength: 60 }), (events) => {
        const market = credulousMarket();
        const book = new Book(market, POLICY);
        const cashOf = new Map<string, bigint>();
        const held = new Map<string, bigint>();
        for (const event of events) {
          apply(book, market, event);
          if (event.kind === 'QUOTE') continue;
          const moved = event.kind === 'CASH' ? BigInt(event.amountE4) : costE4(event);
          cashOf.set(event.accountId, (cashOf.get(event.accountId) ?? 0n) + moved);
          if (event.kind === 'CASH') continue;
          const lot = `${event.accountId}/${event.symbol}`;
          held.set(lot, (held.get(lot) ?? 0n) + BigInt(event.qtyE4));
        }
        expect(book.size).toBe(cashOf.size);
        for (const account of book.accounts()) {
          expect(BigInt(account.cashE4)).toBe(cashOf.get(account.accountId));
          for (const name of ['NVDA', 'TSLA', 'SPY', 'F']) {
            const qty = held.get(`${account.accountId}/${name}`) ?? 0n;
            expect(BigInt(account.positions.get(name) ?? 0)).toBe(qty);
            expect(account.positions.has(name)).toBe(qty !== 0n);
            expect([...book.holders(name)].includes(account)).toBe(qty !== 0n);
          }
        }
      }),
    );
  });

  test('credit what a fill or a cash movement does to the excess at unchanged marks', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fill, cash), { minLength: 1, maxLength: 40 }),
        fc.array(priceE4, { minLength: 4, maxLength: 4 }),
        (events, prices) => {
          const market = credulousMarket();
          for (const [n, name] of ['NVDA', 'TSLA', 'SPY', 'F'].entries()) {
            putPrice(market, name, prices[n] ?? 1, NOW);
          }
          const book = new Book(market, POLICY);
          for (const event of events) apply(book, market, event);
          for (const account of book.accounts()) {
            const { figures } = book.value(account);
            // From an empty account on, every change of the excess was a fill or a cash movement.
            expect(figures.status === 'INDETERMINATE' ? null : figures.excessE4).toBe(
              account.creditedTotalE4,
            );
          }
        },
      ),
    );
  });

  test('do not credit what the market did', () => {
    const market = credulousMarket();
    const book = new Book(market, POLICY);
    putPrice(market, 'NVDA', 4_000_000, NOW);
    applyCash(book, 'A', 2_500_000_000, 'c');
    const account = applyFill(
      book,
      'A',
      { symbol: 'NVDA', qtyE4: 5_000_000, priceE4: 4_000_000 },
      'f',
    );
    const credited = account.creditedTotalE4;
    putPrice(market, 'NVDA', 3_000_000, NOW);
    expect(account.creditedTotalE4).toBe(credited);
    expect(book.value(account).figures).toMatchObject({ excessE4: credited - 350_000_000 });
  });

  test('give each change of an account the next sequence and its cause', () => {
    const book = new Book(credulousMarket(), POLICY);
    const account = applyCash(book, 'A', 1, 'one');
    expect([account.sequence, account.cause, account.correlationId]).toEqual([1, 'CASH', 'one']);
    applyFill(book, 'A', { symbol: 'NVDA', qtyE4: 10_000, priceE4: 1 }, 'two');
    expect([account.sequence, account.cause, account.correlationId]).toEqual([2, 'FILL', 'two']);
    book.touch(account, 'PRICE', 'three');
    expect([account.sequence, account.cause, account.correlationId]).toEqual([3, 'PRICE', 'three']);
  });

  test('come back from the changelog with their holders', () => {
    const book = new Book(credulousMarket(), POLICY);
    book.restore({
      accountId: 'A',
      cashE4: 5,
      creditedTotalE4: 7,
      sequence: 9,
      correlationId: 'x',
      cause: 'REFERENCE',
      blocks: [],
      splits: new Map(),
      positions: new Map([['NVDA', 10_000]]),
    });
    const [account] = book.holders('NVDA');
    expect(account?.accountId).toBe('A');
    applyFill(book, 'A', { symbol: 'NVDA', qtyE4: -10_000, priceE4: 1 }, 'f');
    expect([...book.holders('NVDA')]).toEqual([]);
    expect(account?.sequence).toBe(10);
  });
});

describe('what would leave the range in which cents are exact is refused and changes nothing', () => {
  const beyond: [string, (book: Book) => unknown][] = [
    ['cash above the range', (book) => applyCash(book, 'A', AMOUNT_MAX_E4, 'x')],
    ['cash below the range', (book) => applyCash(book, 'B', -AMOUNT_MAX_E4 - 1, 'x')],
    [
      'a first cash movement of a new account',
      (book) => applyCash(book, 'N', AMOUNT_MAX_E4 + 1, 'x'),
    ],
    ['a purchase beyond all cash', (book) => buy(book, 'A', 1_000_000_000_000, 100_000_000)],
    ['a sale beyond all cash', (book) => buy(book, 'A', -1_000_000_000_000, 100_000_000)],
    ['a position of over 100 million shares', (book) => buy(book, 'B', 999_999_995_001, 1)],
    ['a first fill of a new account', (book) => buy(book, 'N', 1_000_000_000_000, 100_000_000)],
  ];
  test.each(beyond)('%s', (_what, change) => {
    const book = new Book(credulousMarket(), POLICY);
    applyCash(book, 'A', 1, 'a');
    buy(book, 'B', 5_000, 1);
    const before = stateOf(book);
    const holders = [...book.holders('NVDA')];
    expect(() => change(book)).toThrow(MoneyRangeError);
    expect(stateOf(book)).toEqual(before);
    expect([...book.holders('NVDA')]).toEqual(holders);
  });

  test('cash that fits, while what it credits does not', () => {
    const book = new Book(credulousMarket(), POLICY);
    applyCash(book, 'A', AMOUNT_MAX_E4, 'x');
    // $100 billion of stock lower the cash by all, the credited total by the requirement only.
    buy(book, 'A', 1_000_000_000_000, 10_000_000);
    const before = stateOf(book);
    expect(() => applyCash(book, 'A', 900_000_000_000_000, 'x')).toThrow(MoneyRangeError);
    expect(stateOf(book)).toEqual(before);
  });

  test('more symbols than the figures have room for', () => {
    const book = new Book(credulousMarket(), POLICY);
    for (let n = 0; n < POSITIONS_MAX; n += 1) {
      applyFill(book, 'A', { symbol: `S${n}`, qtyE4: 10_000, priceE4: 1 }, 'x');
    }
    const before = stateOf(book);
    expect(() => buy(book, 'A', 10_000, 1)).toThrow(MoneyRangeError);
    expect(stateOf(book)).toEqual(before);
    // What is held can still be sold, and its place taken.
    applyFill(book, 'A', { symbol: 'S0', qtyE4: -10_000, priceE4: 1 }, 'x');
    buy(book, 'A', 10_000, 1);
  });

  test('a price or a beta that puts an account there leaves it without figures, not without an engine', () => {
    const market = credulousMarket();
    const book = new Book(market, POLICY);
    const account = buy(book, 'A', 10_000_000_000, 10_000);
    putPrice(market, 'NVDA', 100_000_000_000, NOW);
    expect(book.value(account)).toMatchObject({
      figures: { status: 'INDETERMINATE', pricesMissing: ['NVDA'] },
      stress: [],
    });
    putPrice(market, 'NVDA', 10_000, NOW);
    expect(book.value(account).figures.status).not.toBe('INDETERMINATE');
    expect(book.value(account).stress).toHaveLength(8);

    // The figures are within the range, what SPY −8 % makes of them is not.
    applyCash(book, 'A', AMOUNT_MAX_E4 - 10_000_000_000, 'x');
    market.beta('NVDA', -1_000_000, NOW);
    expect(book.value(account)).toMatchObject({ figures: { status: 'INDETERMINATE' }, stress: [] });
  });

  test('the largest account that is taken gives records that every reader takes', () => {
    const market = credulousMarket();
    const book = new Book(market, POLICY);
    const name = (n: number): string => `S${n}`.padEnd(64, '_');
    let account = applyCash(book, 'A'.repeat(64), 1_234_567_891_234, 'c'.repeat(64));
    for (let n = 0; n < POSITIONS_MAX; n += 1) {
      putPrice(market, name(n), 99_999_999, NOW);
      const lot = {
        symbol: name(n),
        qtyE4: n % 2 === 0 ? 3_000_001 : -3_000_001,
        priceE4: 99_999_999,
      };
      account = applyFill(book, 'A'.repeat(64), lot, 'c'.repeat(64));
    }
    const context = {
      accountId: account.accountId,
      generation: 1_000_000,
      sequence: 1_000_000_000,
      asOf: NOW,
      cause: account.cause,
      fillsPosition: 1_000_000_000_000,
      adjustmentsPosition: 0,
      blockedBy: [],
      cashPosition: 1_000_000_000_000,
      creditedTotalE4: account.creditedTotalE4,
      markOf: (held: string) => market.markOf(held),
      policyVersion: 'house.1',
      correlationId: account.correlationId,
    };
    const priced = encodeMarginCalc(book.value(account).figures, context);
    // Without prices their names are told twice.
    const unpricing = new Book(credulousMarket(), POLICY);
    unpricing.restore(account);
    const [kept = account] = unpricing.accounts();
    const unpriced = encodeMarginCalc(unpricing.value(kept).figures, context);
    expect(unpriced.status).toBe('INDETERMINATE');
    for (const calc of [priced, unpriced]) {
      const bytes = Buffer.from(JSON.stringify(calc));
      expect(decodeRecord(marginCalcSchema, bytes, null)).toMatchObject({ ok: true });
    }
  });
});

function buy(book: Book, buyer: string, shares: number, price: number): Account {
  return applyFill(book, buyer, { symbol: 'NVDA', qtyE4: shares, priceE4: price }, 'x');
}
