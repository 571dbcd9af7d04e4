import { setTimeout as sleep } from 'node:timers/promises';
import { TOPICS } from '#contracts/topics.ts';
import type { Feed } from '../feed.ts';
import type { Observer } from '../observer.ts';
import type { BookAccount } from './book.ts';
import { payment, paysOn } from './customers.ts';
import { BETAS } from './market.ts';
import type { Prices } from './market.ts';
import { owedTo } from './owed.ts';
import type { Owed } from './owed.ts';
import { DAY_MS, PAY_AT_MS } from './pace.ts';

/** A price far from the last one counts after three confirming ticks (DESIGN 8): so many come. */
const TICKS = 4;
const TICK_MS = 40;
const OPENING_MS_MAX = 60_000;
/** What is owed is waited for so long at most; a machine with anything to spare needs little of it. */
const ANSWER_MS_MAX = 120_000;
const POLL_MS = 50;
/** What RULES, Calls ask for beyond the deficiency, by preset `demo`. */
const BUFFER = 0.01;

/** Cash first and all of it, then positions: no account is ever short of margin while it is opened. */
export async function openBook(
  feed: Feed,
  observer: Observer,
  book: readonly BookAccount[],
  prices: Prices,
): Promise<void> {
  await feed.betas(BETAS);
  await feed.prices(prices);
  await feed.cashOf(book.map(({ accountId, deposit }) => ({ accountId, amount: deposit })));
  await eachHas(observer, book, () => true);
  await feed.fillsOf(
    book.flatMap(({ accountId, holdings }) =>
      holdings.map(({ symbol, qty }) => ({ accountId, symbol, qty, price: prices[symbol] ?? 0 })),
    ),
  );
  await eachHas(observer, book, ({ holdings }, positions) => positions === holdings.length);
}

/** Waits until the last figures of every account fit. */
async function eachHas(
  observer: Observer,
  book: readonly BookAccount[],
  fits: (account: BookAccount, positions: number) => boolean,
): Promise<void> {
  const deadline = Date.now() + OPENING_MS_MAX;
  for (const account of book) {
    for (;;) {
      const figures = observer.last(TOPICS.marginCalc, account.accountId);
      if (figures !== undefined && fits(account, figures.positions.length)) break;
      if (Date.now() > deadline) throw new Error(`${account.accountId} was not opened in time`);
      await sleep(POLL_MS);
    }
  }
}

/** How the tape was played. */
export interface Played {
  /** The first instant of each day and the end of the last, Unix ms. */
  readonly starts: readonly number[];
  /** What the product still owed though it was waited for. */
  readonly owed: readonly string[];
}

/** Without these no day ends; what else is owed takes its time, as it does in a market. */
const OWED_BY_NIGHT: ReadonlySet<Owed> = new Set(['FIGURES', 'WARNING', 'MARGIN_CALL']);

/**
 * Plays the closes, one trading day after another, and lets the customers answer their calls. A day takes
 * DAY_MS, and longer only while figures, warnings or calls have not come: no market waits, but this one
 * shows what cases do, not how busy the machine is.
 */
export async function playTape(
  feed: Feed,
  observer: Observer,
  book: readonly BookAccount[],
  closes: readonly Prices[],
): Promise<Played> {
  const starts: number[] = [];
  const owed: string[] = [];
  const purses = new Map(book.map(({ accountId, customer }) => [accountId, customer.reserve]));
  for (const [day, prices] of closes.entries()) {
    const startedAt = Date.now();
    starts.push(startedAt);
    for (let tick = 0; day > 0 && tick < TICKS; tick += 1) {
      await feed.prices(prices);
      await sleep(TICK_MS);
    }
    await until(startedAt + PAY_AT_MS);
    await customersPay(feed, observer, book, { day, starts, purses });
    await until(startedAt + DAY_MS);
    const isLast = day === closes.length - 1;
    const waitsFor = (step: Owed): boolean => step !== null && (isLast || OWED_BY_NIGHT.has(step));
    owed.push(...(await answered(observer, book, prices, waitsFor)));
  }
  return { starts: [...starts, Date.now()], owed };
}

/** Waits until nobody is owed what it waits for; returns what somebody still is. */
async function answered(
  observer: Observer,
  book: readonly BookAccount[],
  prices: Prices,
  waitsFor: (step: Owed) => boolean,
): Promise<readonly string[]> {
  const deadline = Date.now() + ANSWER_MS_MAX;
  const owing = (accounts: readonly BookAccount[]): readonly BookAccount[] =>
    accounts.filter((account) => waitsFor(owedTo(observer, account, prices, Date.now())));
  let left = owing(book);
  while (left.length > 0 && Date.now() < deadline) {
    await sleep(POLL_MS);
    // Only those that were owed something are looked at again and again: looking costs, too.
    left = owing(left);
    if (left.length === 0) left = owing(book);
  }
  return left.map(
    (account) => `${account.accountId} ${owedTo(observer, account, prices, Date.now()) ?? 'late'}`,
  );
}

interface PayDay {
  readonly day: number;
  readonly starts: readonly number[];
  /** What is left of each customer's reserve, dollars. */
  readonly purses: Map<string, number>;
}

async function customersPay(
  feed: Feed,
  observer: Observer,
  book: readonly BookAccount[],
  payDay: PayDay,
): Promise<void> {
  const payments = book.flatMap((account) => {
    const amount = paymentOf(observer, account, payDay);
    const { accountId } = account;
    payDay.purses.set(accountId, (payDay.purses.get(accountId) ?? 0) - amount);
    return amount > 0 ? [{ accountId, amount }] : [];
  });
  if (payments.length > 0) await feed.cashOf(payments);
}

/** What the customer pays today on an open call, dollars; 0 without one, or on another day. */
function paymentOf(
  observer: Observer,
  { accountId, customer }: BookAccount,
  { day, starts, purses }: PayDay,
): number {
  if (customer.paysAfterDays === null) return 0;
  const told = observer.last(TOPICS.marginCalls, accountId);
  if (told === undefined || told.demand === null || told.action === 'MET') return 0;
  const calledOn = starts.findLastIndex((start) => start <= (told.issued_at ?? 0));
  if (!paysOn(customer, calledOn, day)) return 0;
  const missing = missingOf(observer, accountId);
  const amount = payment({ demand: told.demand, missing, reserve: purses.get(accountId) ?? 0 });
  return Math.max(0, amount);
}

/** What is missing now with the buffer, dollars; 0 without a deficiency. */
function missingOf(observer: Observer, accountId: string): number {
  const figures = observer.last(TOPICS.marginCalc, accountId);
  const deficiency = figures?.deficiency ?? 0;
  return deficiency > 0 ? deficiency + (figures?.gross_mv ?? 0) * BUFFER : 0;
}

async function until(instant: number): Promise<void> {
  await sleep(Math.max(0, instant - Date.now()));
}
