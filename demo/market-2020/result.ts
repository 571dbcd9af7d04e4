import type { AccountChronicle, RungSince, ToldStep } from './chronicle.ts';
import { figuresBefore, took } from './chronicle.ts';
import type { IndexClose } from './index-closes.ts';
import type { Style } from './book.ts';

/** What a trading day did to the book. Money in dollars. */
export interface DayResult {
  readonly date: string;
  readonly index: number;
  /** How long the day took, real ms. */
  readonly tookMs: number;
  /** Steps taken on the day. */
  readonly warned: number;
  readonly called: number;
  readonly restricted: number;
  readonly liquidated: number;
  readonly met: number;
  /** Customers' gain or loss of the day: the change of all equity less what was paid in. */
  readonly customers: number;
  /** What customers would still owe if all was sold at this close: the firm's money. */
  readonly unsecured: number;
  /** Accounts on each rung at the close; ACTIVE are all others. */
  readonly rungs: Readonly<Record<Exclude<RungSince['rung'], 'ACTIVE'>, number>>;
}

/** What became of one account. Money in dollars. */
export interface AccountResult {
  readonly accountId: string;
  readonly style: Style;
  readonly leverage: number;
  readonly deposit: number;
  readonly paidIn: number;
  readonly calls: number;
  /** Dates of the first of each; null when it never came to that. */
  readonly calledOn: string | null;
  readonly liquidatedOn: string | null;
  /** Stock that the firm sold or bought back. */
  readonly liquidated: number;
  /** Equity at the end less all that was paid in. */
  readonly gain: number;
  /** Equity below zero at the end: the firm's loss. */
  readonly unsecured: number;
}

/** The story of the book, as the topics told it: what docs/market-2020.md and its chart show. */
export interface MarketResult {
  readonly days: readonly DayResult[];
  readonly accounts: readonly AccountResult[];
}

/** The days' first instants (Unix ms) and one more: the end of the last. */
export type DayStarts = readonly number[];

export function marketResult(
  chronicles: readonly AccountChronicle[],
  index: readonly IndexClose[],
  starts: DayStarts,
): MarketResult {
  const days = index.map((close, day) =>
    dayResult(chronicles, close, starts[day] ?? 0, starts[day + 1] ?? Infinity),
  );
  return { days, accounts: chronicles.map((each) => accountResult(each, index, starts)) };
}

function dayResult(
  chronicles: readonly AccountChronicle[],
  { date, close }: IndexClose,
  from: number,
  to: number,
): DayResult {
  const count = (step: ToldStep['step']): number =>
    chronicles.reduce(
      (sum, { steps }) =>
        sum + steps.filter((told) => told.step === step && told.at >= from && told.at < to).length,
      0,
    );
  const total = (of: (each: AccountChronicle) => number): number =>
    cents(chronicles.reduce((sum, each) => sum + of(each), 0));
  const standing = (rung: RungSince['rung']): number =>
    chronicles.filter(({ rungs }) => rungs.findLast(({ at }) => at < to)?.rung === rung).length;
  return {
    date,
    index: close,
    tookMs: to - from,
    warned: count('WARNING'),
    called: count('MARGIN_CALL'),
    restricted: count('CLOSE_ONLY'),
    liquidated: count('TRIGGERED'),
    met: count('MET'),
    customers: total((each) => gainBefore(each, to) - gainBefore(each, from)),
    unsecured: total((each) => Math.max(0, -(figuresBefore(each, to)?.equity ?? 0))),
    rungs: {
      WARNING: standing('WARNING'),
      MARGIN_CALL: standing('MARGIN_CALL'),
      RESTRICTED: standing('RESTRICTED'),
      LIQUIDATING: standing('LIQUIDATING'),
      UNSECURED_DEFICIT: standing('UNSECURED_DEFICIT'),
    },
  };
}

/** Equity less all that was paid in: what the market did to the account so far. */
function gainBefore(chronicle: AccountChronicle, before: number): number {
  const { deposit } = chronicle.account;
  const figures = figuresBefore(chronicle, before);
  if (figures?.equity === undefined || figures.equity === null) return 0;
  const paidIn = chronicle.payments
    .filter(({ position }) => position < figures.input_offsets['cash.v1'])
    .reduce((sum, { amount }) => sum + amount, 0);
  return figures.equity - deposit - paidIn;
}

function accountResult(
  chronicle: AccountChronicle,
  index: readonly IndexClose[],
  starts: DayStarts,
): AccountResult {
  const { accountId, style, leverage, deposit } = chronicle.account;
  const equity = chronicle.figures.at(-1)?.record.equity ?? 0;
  const paidIn = chronicle.payments.reduce((sum, { amount }) => sum + amount, 0);
  const first = (step: ToldStep['step']): string | null => {
    const told = chronicle.steps.find((each) => each.step === step);
    if (told === undefined) return null;
    return index[starts.findLastIndex((start) => start <= told.at)]?.date ?? null;
  };
  return {
    accountId,
    style,
    leverage,
    deposit,
    paidIn,
    calls: chronicle.steps.filter(({ step }) => step === 'MARGIN_CALL').length,
    calledOn: first('MARGIN_CALL'),
    liquidatedOn: took(chronicle, 'TRIGGERED') ? first('TRIGGERED') : null,
    liquidated: cents(
      chronicle.executions.reduce(
        (sum, { last_qty: qty, last_price: price }) => sum + qty * (price ?? 0),
        0,
      ),
    ),
    gain: cents(equity - deposit - paidIn),
    unsecured: cents(Math.max(0, -equity)),
  };
}

function cents(amount: number): number {
  return Math.round(amount * 100) / 100;
}
