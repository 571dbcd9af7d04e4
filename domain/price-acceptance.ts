import type { Instrument } from './instruments.ts';
import { isAboveShare } from './money.ts';
import type { Rate } from './money.ts';
import type { PricePolicy } from './policy.ts';
import type { PriceDoubt } from './price-quality.ts';
import { replacesQuote } from './quotes.ts';

/**
 * Which of a symbol's ticks counts (DESIGN 8; RULES, Liquidation; docs/prices.md). A pure fold over the
 * records of prices.v1: time is the broker's timestamp of the records, never a clock, so that a replay
 * ends where the first run did. The clock only says whether what stands unconfirmed has stood long
 * enough by now (`markOf`). Prices in 1/10,000 dollar, instants in Unix ms.
 */

/** A TRADE is a last price of the market, a CLOSE the official closing price of a session. */
export const PRICE_KINDS = ['TRADE', 'CLOSE'] as const;
export type PriceKind = (typeof PRICE_KINDS)[number];

export interface Quote {
  readonly priceE4: number;
  /** The quote's own time. */
  readonly at: number;
  readonly kind: PriceKind;
}

/** A quote as it came in. */
export interface Tick extends Quote {
  /** The broker's timestamp. */
  readonly arrivedAt: number;
  /** Is the market in its regular session at the quote's own time? */
  readonly inSession: boolean;
}

/** A quote that does not count yet. */
export interface Pending extends Quote {
  /** When the first tick of its level came, by the broker's timestamp. */
  readonly since: number;
  /** Further ticks near it. */
  readonly confirmations: number;
}

/** An overnight move that a person has to look at. */
export interface Suspicion {
  /** When the trade came, by the broker's timestamp. */
  readonly since: number;
  readonly closeE4: number;
  readonly tradeE4: number;
}

/** What is known of a symbol's price. */
export interface PriceState {
  /** The quote that counts. */
  readonly accepted: Quote;
  readonly pending: Pending | null;
  readonly suspicion: Suspicion | null;
}

/** Doubts that do not depend on when somebody looks. */
type Doubt = Exclude<PriceDoubt, 'STALE'>;

/** The price of a symbol as figures use it. */
export interface Mark extends Quote {
  /** Absent while the price is good. */
  readonly quality?: Doubt;
  /** The last tick while it does not count. */
  readonly unconfirmedPriceE4?: number;
}

/**
 * The state after a tick; the very same state when the tick says nothing: it is older than the last
 * one, or out of session after the official close.
 */
export function takeTick(
  state: PriceState | null,
  tick: Tick,
  clearedAt: number | null,
  policy: PricePolicy,
): PriceState {
  if (state === null) return { accepted: quoteOf(tick), pending: null, suspicion: null };
  const last = state.pending ?? state.accepted;
  if (!replacesQuote(last.at, tick.at)) return state;
  if (last.kind === 'CLOSE' && tick.kind === 'TRADE' && !tick.inSession) return state;
  const before = settled(state, tick.arrivedAt, clearedAt, policy);
  const { accepted } = before;
  const suspicion = before.suspicion ?? suspicionOf(accepted, tick, policy);
  const isFar = movesBeyond(accepted.priceE4, tick.priceE4, policy.outlierMove);
  if (!isFar && suspicion === before.suspicion) {
    return { accepted: quoteOf(tick), pending: null, suspicion };
  }
  const pending = withTick(before.pending, tick, policy);
  if (suspicion === null && pending.confirmations >= policy.outlierTicks) {
    return { accepted: quoteOf(tick), pending: null, suspicion: null };
  }
  return { accepted, pending, suspicion };
}

/** The price that counts at `now`, and what it can be doubted for. */
export function markOf(
  state: PriceState,
  instrument: Instrument,
  now: number,
  policy: PricePolicy,
): Mark {
  const { accepted, pending, suspicion } = settled(state, now, instrument.clearedAt, policy);
  const quality = qualityOf(pending, suspicion, instrument);
  if (quality === null) return accepted;
  return pending === null
    ? { ...accepted, quality }
    : { ...accepted, quality, unconfirmedPriceE4: pending.priceE4 };
}

/** When an unconfirmed quote will count if nothing contradicts it; null when time alone changes nothing. */
export function countsAt({ pending, suspicion }: PriceState, policy: PricePolicy): number | null {
  return pending === null || suspicion !== null ? null : pending.since + policy.outlierMs;
}

/** The state when all that time and people have settled by `now` is settled. */
function settled(
  state: PriceState,
  now: number,
  clearedAt: number | null,
  policy: PricePolicy,
): PriceState {
  const { accepted, pending, suspicion } = state;
  const doubtedSince = suspicion?.since ?? pending?.since;
  if (doubtedSince === undefined) return state;
  const isCleared = clearedAt !== null && clearedAt >= doubtedSince;
  if (!isCleared && now < (countsAt(state, policy) ?? Infinity)) return state;
  const counting = pending === null ? accepted : quoteOf(pending);
  return { accepted: counting, pending: null, suspicion: null };
}

function qualityOf(
  pending: Pending | null,
  suspicion: Suspicion | null,
  { haltedSince }: Instrument,
): Doubt | null {
  if (suspicion !== null) return 'SUSPICIOUS';
  if (haltedSince !== null) return 'HALTED';
  return pending === null ? null : 'OUTLYING';
}

/** RULES, Liquidation: official close → first trade of the next session. */
function suspicionOf(accepted: Quote, tick: Tick, policy: PricePolicy): Suspicion | null {
  if (accepted.kind !== 'CLOSE' || tick.kind !== 'TRADE') return null;
  if (!movesBeyond(accepted.priceE4, tick.priceE4, policy.overnightMove)) return null;
  return { since: tick.arrivedAt, closeE4: accepted.priceE4, tradeE4: tick.priceE4 };
}

/** A tick near the pending one confirms it; one at another level begins anew. */
function withTick(pending: Pending | null, tick: Tick, { outlierMove }: PricePolicy): Pending {
  const isNear = pending !== null && !movesBeyond(pending.priceE4, tick.priceE4, outlierMove);
  return isNear
    ? { ...quoteOf(tick), since: pending.since, confirmations: pending.confirmations + 1 }
    : { ...quoteOf(tick), since: tick.arrivedAt, confirmations: 0 };
}

/** Is the way between two prices more than this share of the first? */
export function movesBeyond(fromE4: number, toE4: number, move: Rate): boolean {
  return isAboveShare(Math.abs(toE4 - fromE4), move, fromE4);
}

function quoteOf({ priceE4, at, kind }: Quote): Quote {
  return { priceE4, at, kind };
}
