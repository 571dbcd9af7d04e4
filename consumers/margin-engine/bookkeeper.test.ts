import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { adjustmentSchema } from '#contracts/adjustments.ts';
import { auditSchema } from '#contracts/case-events.ts';
import { changelogSchema } from '#contracts/engine-changelog.ts';
import { loadPolicy } from '#platform/policies.ts';
import type { InboundRecord } from '#ports/records.ts';
import { Book } from './book.ts';
import { Bookkeeper } from './bookkeeper.ts';
import type { Outcome } from './bookkeeper.ts';
import { CountedIds } from './counted-ids.ts';
import { accountChangelog, countedChangelog } from './outputs.ts';
import { credulousMarket, putPrice } from '../../test/market-fixture.ts';

const NOW = 1_795_000_000_000;
const PARTITION = 0;
/** ELSEWHERE has its books on another partition. */
const partitionOf = (account: string): number => (account === 'ELSEWHERE' ? 1 : PARTITION);

/** A bookkeeper with empty books, and its records by short names. */
function open(marks: Readonly<Record<string, number>> = {}) {
  const market = credulousMarket();
  for (const [symbol, price] of Object.entries(marks))
    putPrice(market, symbol, price * 10_000, NOW);
  const book = new Book(market, loadPolicy('demo'));
  const counted = new CountedIds(0);
  const keeper = new Bookkeeper(book, counted, partitionOf);
  let offset = 0;
  const take = (topic: string, content: object): Outcome => {
    const record: InboundRecord = {
      topic,
      partition: PARTITION,
      offset: offset++,
      key: 'account_id' in content ? String(content.account_id) : null,
      value: Buffer.from(JSON.stringify({ timestamp: NOW, ...content })),
      timestamp: NOW,
    };
    return keeper.take(record, NOW);
  };
  return {
    book,
    counted,
    market,
    quality: (account: string) => {
      const found = book.find(account);
      return found === null ? null : book.markOf(found, 'NVDA')?.quality;
    },
    fill: (content: object) => take('fills.v1', { account_id: 'ANN', ...content }),
    cash: (content: object) => take('cash.v1', { account_id: 'ANN', ...content }),
    adjust: (content: object) =>
      take('adjustments.v1', { account_id: 'ANN', reason: 'a test', actor: 'ben', ...content }),
    take,
    /** Cash in dollars and shares by symbol. */
    state: (account = 'ANN') => {
      const found = book.find(account);
      return {
        cash: (found?.cashE4 ?? 0) / 10_000,
        shares: Object.fromEntries(
          [...(found?.positions ?? [])].map(([symbol, qty]) => [symbol, qty / 10_000]),
        ),
        blocked: found?.blocks.map(({ code }) => code) ?? [],
      };
    },
  };
}

const BUY = { fill_id: 'F1', symbol: 'NVDA', qty: 10, price: 400 };

describe('a fill can be taken back and put right', () => {
  test('a cancel leaves nothing of it', () => {
    const { fill, state } = open({ NVDA: 400 });
    fill(BUY);
    expect(state()).toEqual({ cash: -4_000, shares: { NVDA: 10 }, blocked: [] });
    expect(fill({ fill_id: 'X1', kind: 'CANCEL', ref_fill_id: 'F1' }).kind).toBe('BOOKED');
    expect(state()).toEqual({ cash: 0, shares: {}, blocked: [] });
  });

  test('a correction takes its place, may change its symbol, and can be corrected in turn', () => {
    const { fill, state } = open({ NVDA: 400 });
    fill(BUY);
    fill({ ...BUY, fill_id: 'F2', kind: 'CORRECT', ref_fill_id: 'F1', qty: 12, price: 399 });
    expect(state()).toEqual({ cash: -4_788, shares: { NVDA: 12 }, blocked: [] });
    fill({ ...BUY, fill_id: 'F3', kind: 'CORRECT', ref_fill_id: 'F2', symbol: 'AMD' });
    expect(state()).toEqual({ cash: -4_000, shares: { AMD: 10 }, blocked: [] });
    fill({ fill_id: 'X1', kind: 'CANCEL', ref_fill_id: 'F3' });
    expect(state()).toEqual({ cash: 0, shares: {}, blocked: [] });
  });

  test('a cash movement is reversed', () => {
    const { cash, state } = open();
    cash({ cash_id: 'C1', kind: 'DEPOSIT', amount: 250.0001 });
    cash({ cash_id: 'C2', kind: 'REVERSAL', ref_cash_id: 'C1' });
    expect(state()).toEqual({ cash: 0, shares: {}, blocked: [] });
  });

  test('a cancel that comes before its fill waits for a person; replayed after it, it counts', () => {
    const { fill, adjust, state, book } = open({ NVDA: 400 });
    const cancel = { fill_id: 'X1', kind: 'CANCEL', ref_fill_id: 'F1' };
    expect(fill(cancel)).toMatchObject({ refusal: { code: 'UNKNOWN_REFERENCE' } });
    fill(BUY);
    expect(state()).toMatchObject({ cash: -4_000, blocked: ['UNKNOWN_REFERENCE'] });
    expect(fill(cancel).kind).toBe('BOOKED');
    const clears = book.find('ANN')?.blocks.map(({ what }) => what);
    adjust({ adjustment_id: 'A1', kind: 'CLEAR', clears });
    expect(state()).toEqual({ cash: 0, shares: {}, blocked: [] });
  });

  const refused: [string, object, string][] = [
    ['of another account', { account_id: 'BEN', ref_fill_id: 'F1' }, 'OTHER_ACCOUNT'],
    ['of what was cancelled before', { ref_fill_id: 'F0' }, 'ALREADY_ENDED'],
    ['of what never came', { ref_fill_id: 'F9' }, 'UNKNOWN_REFERENCE'],
  ];
  test.each(refused)('a cancel %s is refused and blocks the account', (_what, changes, code) => {
    const { fill, state } = open({ NVDA: 400 });
    fill({ ...BUY, fill_id: 'F0' });
    fill({ fill_id: 'X0', kind: 'CANCEL', ref_fill_id: 'F0' });
    fill(BUY);
    const before = state();
    const outcome = fill({ fill_id: 'X1', kind: 'CANCEL', ...changes });
    expect(outcome).toMatchObject({ kind: 'REFUSED', refusal: { code } });
    const account = 'account_id' in changes ? 'BEN' : 'ANN';
    expect(state(account).blocked).toEqual([code]);
    expect({ ...state(), blocked: [] }).toEqual(before);
  });

  const conversions: [string, object, object][] = [
    ['split', { kind: 'SPLIT', symbol: 'NVDA', numerator: 2, denominator: 1 }, { NVDA: 20 }],
    ['renamed', { kind: 'SYMBOL_CHANGE', symbol: 'NVDA', new_symbol: 'NEW' }, { NEW: 10 }],
  ];
  test.each(conversions)('not when its shares were %s since', (_what, conversion, shares) => {
    const { fill, adjust, state } = open({ NVDA: 400, NEW: 400, AMD: 100 });
    fill(BUY);
    fill({ ...BUY, fill_id: 'F2', symbol: 'AMD', price: 100 });
    adjust({ adjustment_id: 'A1', ...conversion });
    const cancel = { fill_id: 'X1', kind: 'CANCEL', ref_fill_id: 'F1' };
    expect(fill(cancel)).toMatchObject({ kind: 'REFUSED', refusal: { code: 'CONVERTED_SINCE' } });
    const correct = { ...BUY, fill_id: 'F3', kind: 'CORRECT', ref_fill_id: 'F1', qty: 9 };
    expect(fill(correct)).toMatchObject({ refusal: { code: 'CONVERTED_SINCE' } });
    expect(state()).toEqual({
      cash: -5_000,
      shares: { AMD: 10, ...shares },
      blocked: ['CONVERTED_SINCE', 'CONVERTED_SINCE'],
    });
    expect(fill({ ...cancel, fill_id: 'X2', ref_fill_id: 'F2' }).kind).toBe('BOOKED');
    expect(state()).toMatchObject({ cash: -4_000, shares });
  });

  test('a fill after a split of the symbol is taken back as ever', () => {
    const { fill, adjust, state } = open({ NVDA: 400 });
    fill(BUY);
    adjust({ adjustment_id: 'A1', kind: 'SPLIT', symbol: 'NVDA', numerator: 2, denominator: 1 });
    fill({ ...BUY, fill_id: 'F2', price: 200 });
    expect(fill({ fill_id: 'X1', kind: 'CANCEL', ref_fill_id: 'F2' }).kind).toBe('BOOKED');
    expect(state()).toEqual({ cash: -4_000, shares: { NVDA: 20 }, blocked: [] });
  });

  test('a correction beyond the exact range changes nothing, not even what it would take back', () => {
    const { fill, state } = open({ NVDA: 400 });
    fill(BUY);
    const huge = {
      ...BUY,
      fill_id: 'F2',
      kind: 'CORRECT',
      ref_fill_id: 'F1',
      qty: 1e8,
      price: 1e7,
    };
    expect(fill(huge)).toMatchObject({ refusal: { code: 'OUT_OF_RANGE' } });
    expect(state()).toEqual({ cash: -4_000, shares: { NVDA: 10 }, blocked: ['OUT_OF_RANGE'] });
  });
});

describe('a split before the market has quoted the new shares', () => {
  const SPLIT = {
    adjustment_id: 'A1',
    kind: 'SPLIT',
    symbol: 'NVDA',
    numerator: 2,
    denominator: 1,
  };

  test('makes the price doubtful to its account alone, until there is a later quote', () => {
    const { fill, adjust, quality, market } = open({ NVDA: 400 });
    fill(BUY);
    fill({ ...BUY, fill_id: 'F2', account_id: 'BEN' });
    adjust({ ...SPLIT, timestamp: NOW - 60_000 });
    expect([quality('ANN'), quality('BEN')]).toEqual(['SPLIT', undefined]);
    expect(putPrice(market, 'NVDA', 4_000_000, NOW)).toBe(true);
    expect(quality('ANN')).toBe('SPLIT');
    expect(putPrice(market, 'NVDA', 2_000_000, NOW + 1)).toBe(true);
    expect(quality('ANN')).toBeUndefined();
  });

  test('is still doubtful after a restart, and with a further split as far as both', () => {
    const { fill, adjust, book, market } = open({ NVDA: 400 });
    fill(BUY);
    adjust(SPLIT);
    adjust({ ...SPLIT, adjustment_id: 'A2', numerator: 4 });
    const account = book.find('ANN');
    if (account === null) throw new Error('no books');
    const { value } = accountChangelog(account, PARTITION);
    const kept = changelogSchema.parse(JSON.parse(String(value)));
    expect(kept).toMatchObject({ splits: [{ symbol: 'NVDA', numerator: 8, denominator: 1 }] });
    const after = new Book(market, loadPolicy('demo'));
    after.restore({ ...account, positions: new Map(account.positions) });
    const mark = after.markOf(after.find('ANN') ?? account, 'NVDA');
    expect(mark).toMatchObject({ quality: 'SPLIT', unconfirmedPriceE4: 500_000 });
  });

  test('that was quoted is over: the next one is doubted by itself', () => {
    const { fill, adjust, book, market } = open({ NVDA: 400 });
    fill(BUY);
    adjust(SPLIT);
    putPrice(market, 'NVDA', 2_000_000, NOW + 1);
    adjust({ ...SPLIT, adjustment_id: 'A2', numerator: 4, timestamp: NOW + 1 });
    expect([...(book.find('ANN')?.splits ?? [])]).toEqual([
      ['NVDA', { at: NOW + 1, numerator: 4, denominator: 1 }],
    ]);
  });
});

describe('an id that is in the books', () => {
  test('with the same content is a duplicate, whatever its time and correlation', () => {
    const { fill, state } = open();
    fill(BUY);
    expect(fill({ ...BUY, timestamp: NOW - 1, correlation_id: 'again' }).kind).toBe('DUPLICATE');
    expect(state()).toEqual({ cash: -4_000, shares: { NVDA: 10 }, blocked: [] });
  });

  test('with the same content is a duplicate, whichever of its two persons is named first', () => {
    const { adjust, state } = open();
    const out = { adjustment_id: 'T1', kind: 'TRANSFER_OUT', cash: 7 };
    adjust({ ...out, actor: 'ben', requested_by: 'ann' });
    expect(adjust({ ...out, actor: 'ann', requested_by: 'ben' }).kind).toBe('DUPLICATE');
    expect(state()).toEqual({ cash: -7, shares: {}, blocked: [] });
  });

  test('with different content is refused and blocks the account', () => {
    const { fill, cash, adjust, state } = open();
    fill(BUY);
    cash({ cash_id: 'F1', kind: 'DEPOSIT', amount: 5 });
    adjust({ adjustment_id: 'F1', kind: 'TRANSFER_IN', cash: 7 });
    expect(state()).toMatchObject({ cash: -3_988, blocked: [] });
    for (const outcome of [
      fill({ ...BUY, price: 401 }),
      cash({ cash_id: 'F1', kind: 'DEPOSIT', amount: 6 }),
      adjust({ adjustment_id: 'F1', kind: 'TRANSFER_IN', cash: 8 }),
    ]) {
      expect(outcome).toMatchObject({ kind: 'REFUSED', refusal: { code: 'DIFFERENT_CONTENT' } });
    }
    expect(state().cash).toBe(-3_988);
    expect(state().blocked).toHaveLength(3);
  });
});

describe('a refused record', () => {
  test('blocks an account that had no books, and is told on audit.v1', () => {
    const { take, state } = open();
    const outcome = take('fills.v1', { account_id: 'NEW_1', qty: 'many' });
    if (outcome.kind !== 'REFUSED') throw new Error('was booked');
    expect(state('NEW_1').blocked).toEqual(['SCHEMA']);
    const audit = outcome.events.find(({ topic }) => topic === 'audit.v1');
    expect(auditSchema.parse(JSON.parse(audit?.value ?? ''))).toMatchObject({
      event_id: 'blocked:fills.v1:0:0',
      event_type: 'BLOCKED',
      account_id: 'NEW_1',
      actor: 'margin-engine',
      details: { code: 'SCHEMA' },
    });
  });

  test('of an account with books elsewhere blocks it there', () => {
    const { take, state } = open();
    const outcome = take('fills.v1', { ...BUY, account_id: 'ELSEWHERE' });
    if (outcome.kind !== 'REFUSED') throw new Error('was booked');
    expect(outcome).toMatchObject({ account: null, unattributed: false });
    const block = outcome.events.find(({ topic }) => topic === 'adjustments.v1');
    expect(block).toMatchObject({ key: 'ELSEWHERE' });
    expect(adjustmentSchema.parse(JSON.parse(block?.value ?? ''))).toMatchObject({
      kind: 'BLOCK',
      adjustment_id: 'block:fills.v1:0:0',
      what: 'fills.v1:0:0',
      code: 'WRONG_KEY',
    });
    expect(state('ELSEWHERE').blocked).toEqual([]);
  });

  test('that names no account is told as such', () => {
    const { take, book } = open();
    expect(take('fills.v1', { qty: 1 })).toMatchObject({ unattributed: true, account: null });
    expect(take('fills.v1', { account_id: 'a b' })).toMatchObject({ unattributed: true });
    expect(book.size).toBe(0);
  });

  test('blocks are named at most twenty at a time; a newer one is never cleared unseen', () => {
    const { fill, adjust, book, state } = open();
    for (let n = 0; n < 20; n += 1) fill({ ...BUY, qty: 0 });
    const seen = book.find('ANN')?.blocks.map(({ what }) => what);
    fill({ ...BUY, qty: 0 });
    adjust({ adjustment_id: 'A1', kind: 'CLEAR', clears: seen });
    expect(state().blocked).toEqual(['SCHEMA']);
  });
});

describe('an adjustment', () => {
  test('transfers positions and cash in and out, and is audited once with who, why and what', () => {
    const { adjust, state } = open({ NVDA: 400 });
    const positions = [{ symbol: 'NVDA', qty: 100 }];
    const content = { adjustment_id: 'A1', kind: 'TRANSFER_IN', positions, cash: -500 };
    const outcome = adjust(content);
    expect(state()).toEqual({ cash: -500, shares: { NVDA: 100 }, blocked: [] });
    if (outcome.kind !== 'BOOKED') throw new Error('was not booked');
    expect(outcome.events.map(({ topic }) => topic)).toEqual(['audit.v1']);
    expect(auditSchema.parse(JSON.parse(outcome.events[0]?.value ?? ''))).toMatchObject({
      event_id: 'adjusted:adjustments.v1:0:0',
      event_type: 'ADJUSTED',
      account_id: 'ANN',
      actor: 'ben',
      details: {
        reason: 'a test',
        before: { cash: 0, credited_total: 0 },
        // 100 × 400 − 25 % of it − 500 of debit.
        after: { cash: -500, credited_total: 29_500 },
        moved: [{ symbol: 'NVDA', qty_before: 0, qty_after: 100 }],
      },
    });
    expect(adjust(content).kind).toBe('DUPLICATE');
    adjust({ ...content, adjustment_id: 'A2', kind: 'TRANSFER_OUT' });
    expect(state()).toEqual({ cash: 0, shares: {}, blocked: [] });
  });

  test('a split is no credit, nor is its cash in lieu; a change of symbol neither', () => {
    const { fill, adjust, state, book } = open({ NVDA: 400 });
    fill({ ...BUY, qty: 101 });
    const credited = book.find('ANN')?.creditedTotalE4;
    const split = { kind: 'SPLIT', symbol: 'NVDA', numerator: 3, denominator: 2 };
    adjust({ adjustment_id: 'A1', ...split, cash_in_lieu_price: 266 });
    expect(state()).toMatchObject({ cash: -40_267, shares: { NVDA: 151 } });
    adjust({ adjustment_id: 'A2', kind: 'SYMBOL_CHANGE', symbol: 'NVDA', new_symbol: 'NVDX' });
    expect(state()).toMatchObject({ cash: -40_267, shares: { NVDX: 151 } });
    expect(book.find('ANN')?.creditedTotalE4).toBe(credited);
    expect([...book.holders('NVDA')]).toEqual([]);
    expect([...book.holders('NVDX')].map(({ accountId }) => accountId)).toEqual(['ANN']);
  });

  test('can settle a reconciliation break; an account with one has no totals', () => {
    const { adjust, book, state } = open({ NVDA: 400 });
    const what = 'reconcile:20261120';
    adjust({ adjustment_id: 'B1', kind: 'BLOCK', code: 'RECONCILIATION', what });
    expect(state().blocked).toEqual(['RECONCILIATION']);
    const account = book.find('ANN');
    if (account === null) throw new Error('no account');
    expect(book.value(account)).toMatchObject({ figures: { status: 'INDETERMINATE' }, stress: [] });
    adjust({ adjustment_id: 'B2', kind: 'TRANSFER_IN', cash: 5, clears: [what] });
    expect(state()).toEqual({ cash: 5, shares: {}, blocked: [] });
    expect(book.value(account)).toMatchObject({ figures: { status: 'ACTIVE' } });
  });

  test('of what is not held is refused', () => {
    const { adjust, state } = open();
    const split = { kind: 'SPLIT', symbol: 'NVDA', numerator: 2, denominator: 1 };
    expect(adjust({ adjustment_id: 'A1', ...split })).toMatchObject({
      refusal: { code: 'NOT_HELD' },
    });
    expect(state().blocked).toEqual(['NOT_HELD']);
  });
});

/** Few ids and references, so that they meet: duplicates, other content, corrections in any order. */
const entry = fc.record({
  id: fc.integer({ min: 0, max: 12 }),
  account: fc.constantFrom('ANN', 'ANN', 'BEN'),
  kind: fc.constantFrom('NEW', 'NEW', 'CANCEL', 'CORRECT'),
  ref: fc.integer({ min: 0, max: 12 }),
  symbol: fc.constantFrom('NVDA', 'AMD'),
  qtyE4: fc.integer({ min: -50_000, max: 50_000 }).filter((qty) => qty !== 0),
  priceE4: fc.integer({ min: 1, max: 5_000_000 }),
});
type Arrival = typeof entry extends fc.Arbitrary<infer One> ? One : never;

/** −qty × price, half-even, in exact numbers. */
function cashE4({ qtyE4, priceE4 }: Arrival): bigint {
  const product = BigInt(Math.abs(qtyE4)) * BigInt(priceE4);
  const twice = (product % 10_000n) * 2n;
  const floor = product / 10_000n;
  const up = twice > 10_000n || (twice === 10_000n && floor % 2n === 1n);
  return (up ? floor + 1n : floor) * (qtyE4 < 0 ? 1n : -1n);
}

/** What must stand at the end: the standing entries alone, summed; nothing that was taken back. */
function oracle(arrivals: readonly Arrival[]) {
  const standing = new Map<number, Arrival>();
  const seen = new Map<number, Arrival>();
  const blocked = new Set<string>();
  for (const arrival of arrivals) {
    const { id, account, kind, ref } = arrival;
    const before = seen.get(id);
    if (before !== undefined) {
      if (said(before) !== said(arrival)) blocked.add(account);
      continue;
    }
    if (kind !== 'NEW') {
      if (standing.get(ref)?.account !== account) {
        blocked.add(account);
        continue;
      }
      standing.delete(ref);
    }
    seen.set(id, arrival);
    if (kind !== 'CANCEL') standing.set(id, arrival);
  }
  const sums = new Map<string, { cashE4: bigint; shares: Map<string, number> }>();
  for (const arrival of seen.values()) sums.set(arrival.account, { cashE4: 0n, shares: new Map() });
  for (const arrival of standing.values()) {
    const sum = sums.get(arrival.account);
    if (sum === undefined) continue;
    sum.cashE4 += cashE4(arrival);
    const { symbol, qtyE4 } = arrival;
    sum.shares.set(symbol, (sum.shares.get(symbol) ?? 0) + qtyE4);
  }
  return { sums, blocked };
}

/** What an entry says that counts. */
function said({ account, kind, ref, symbol, qtyE4, priceE4 }: Arrival): string {
  const reference = kind === 'NEW' ? null : ref;
  return JSON.stringify(
    kind === 'CANCEL' ? [account, reference] : [account, reference, symbol, qtyE4, priceE4],
  );
}

function onTheWire({ id, account, kind, ref, symbol, qtyE4, priceE4 }: Arrival): object {
  const named = { fill_id: `F${id}`, account_id: account, kind };
  const referring = kind === 'NEW' ? named : { ...named, ref_fill_id: `F${ref}` };
  if (kind === 'CANCEL') return referring;
  return { ...referring, symbol, qty: qtyE4 / 10_000, price: priceE4 / 10_000 };
}

describe('whatever comes in whatever order', () => {
  test('the books are the sum of what stands, to 1/10,000 dollar, and credit explains the excess', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 60 }), (arrivals) => {
        const { fill, book } = open({ NVDA: 400, AMD: 100 });
        for (const arrival of arrivals) fill(onTheWire(arrival));
        const { sums, blocked } = oracle(arrivals);
        for (const account of book.accounts()) {
          const sum = sums.get(account.accountId);
          expect(BigInt(account.cashE4)).toBe(sum?.cashE4 ?? 0n);
          const shares = [...(sum?.shares ?? [])].filter(([, qtyE4]) => qtyE4 !== 0);
          expect(new Map(account.positions)).toEqual(new Map(shares));
          expect(account.blocks.length > 0).toBe(blocked.has(account.accountId));
          // Marks stood still: fills made all of the excess, those taken back included.
          account.blocks = [];
          const { figures } = book.value(account);
          if (figures.status === 'INDETERMINATE') throw new Error('all symbols have a price');
          expect(account.creditedTotalE4).toBe(figures.excessE4);
        }
        expect([...sums.keys()].every((account) => book.find(account) !== null)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  test('a take-over in the midst changes nothing: what entries said is restored from the changelog', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 40 }), fc.nat(40), (arrivals, cut) => {
        const first = open();
        for (const arrival of arrivals.slice(0, cut)) first.fill(onTheWire(arrival));
        const block = first.counted.close();
        const second = open();
        for (const account of first.book.accounts()) second.book.restore(account);
        if (block !== null) {
          const written = countedChangelog(block, PARTITION).value ?? '';
          const record = changelogSchema.parse(JSON.parse(written));
          expect(record.kind).toBe('COUNTED');
          second.counted.restore(block);
        }
        for (const arrival of arrivals.slice(cut)) second.fill(onTheWire(arrival));
        const { sums } = oracle(arrivals);
        for (const [accountId, sum] of sums) {
          expect(BigInt(second.book.find(accountId)?.cashE4 ?? 0)).toBe(sum.cashE4);
        }
      }),
    );
  });
});
