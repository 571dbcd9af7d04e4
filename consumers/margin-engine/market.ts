import type { KnownSymbol } from '#contracts/price-marks.ts';
import { afterStatement, UNREMARKABLE } from '#domain/instruments.ts';
import type { Instrument, InstrumentAction } from '#domain/instruments.ts';
import type { MarketHours } from '#domain/market-hours.ts';
import type { PricePolicy } from '#domain/policy.ts';
import { countsAt, markOf, movesBeyond, takeTick } from '#domain/price-acceptance.ts';
import type { Mark, PriceState, Quote } from '#domain/price-acceptance.ts';
import { replacesQuote } from '#domain/quotes.ts';

/** A record of prices.v1: the quote, when the broker took it and where it lies. */
export interface ArrivedQuote extends Quote {
  readonly arrivedAt: number;
  readonly offset: number;
}

/** What a record did to a symbol. */
export interface MarketChange {
  /** The price that counts, or its quality, is another one: figures change. */
  readonly isNews: boolean;
  /** Only the records so far tell it: a restart would not know. */
  readonly isToBeKept: boolean;
}

const NOTHING: MarketChange = { isNews: false, isToBeKept: false };

interface Entry {
  readonly state: PriceState | null;
  /** As of the last look: what is pending may count by now. */
  readonly mark: Mark | null;
  readonly instrument: Instrument;
  /** The first offset of prices.v1 that is not in the state. */
  readonly position: number;
  /** The price that counted when the symbol was last kept, 1/10,000 dollar; null: a restart knows none. */
  readonly keptE4: number | null;
}

/** What valuations need of a symbol, at hand: the same object for as long as the market lives. */
export interface LiveQuote {
  readonly symbol: string;
  /** The price that counts, 1/10,000 dollar per share; null while there is none. */
  readonly priceE4: number | null;
  /** 1/10,000; null while unknown. */
  readonly betaE4: number | null;
}

const UNKNOWN: Entry = {
  state: null,
  mark: null,
  instrument: UNREMARKABLE,
  position: 0,
  keptE4: null,
};

/**
 * The price that counts and the beta of every symbol, broadcast data, one for all partitions of a
 * process (docs/prices.md). Grows with the symbols that there are.
 */
export class Market {
  readonly #policy: PricePolicy;
  readonly #isOpen: MarketHours;
  readonly #entries = new Map<string, Entry>();
  readonly #betas = new Map<string, { readonly betaE4: number; readonly at: number }>();
  readonly #live = new Map<string, Mutable<LiveQuote>>();
  /** Symbols whose pending quote will count when nothing contradicts it, and from when on. */
  readonly #waiting = new Map<string, number>();
  /** Symbols whose next quote is news though it says the same, and until which time, Unix ms. */
  readonly #awaited = new Map<string, number>();

  constructor(policy: PricePolicy, isOpen: MarketHours) {
    this.#policy = policy;
    this.#isOpen = isOpen;
  }

  /** Takes a symbol over as it was kept: records that it knows already will change nothing. */
  restore({ symbol, price, instrument, pricesPosition: position }: KnownSymbol): void {
    const mark = price === null ? null : markOf(price, instrument, -Infinity, this.#policy);
    const keptE4 = price?.accepted.priceE4 ?? null;
    this.#put(symbol, { state: price, mark, instrument, position, keptE4 });
  }

  /** Takes a quote over, unless it is known already or older than the last one. */
  quote(symbol: string, quote: ArrivedQuote): MarketChange {
    const before = this.#entries.get(symbol) ?? UNKNOWN;
    if (quote.offset < before.position) return NOTHING;
    const { instrument } = before;
    const tick = { ...quote, inSession: this.#isOpen(quote.at) };
    const state = takeTick(before.state, tick, instrument.clearedAt, this.#policy);
    if (state === before.state) return NOTHING;
    const mark = markOf(state, instrument, quote.arrivedAt, this.#policy);
    const isToBeKept = tellsMore(before.state, state) || this.#hasLeft(before.keptE4, state);
    const keptE4 = isToBeKept ? state.accepted.priceE4 : before.keptE4;
    this.#put(symbol, { state, mark, instrument, position: quote.offset + 1, keptE4 });
    const isAwaited = this.#isAwaited(symbol, mark);
    return { isNews: isAwaited || isNews(before.mark, mark), isToBeKept };
  }

  /** Takes a statement about an instrument over. */
  state(symbol: string, action: InstrumentAction, at: number): MarketChange {
    const before = this.#entries.get(symbol) ?? UNKNOWN;
    const instrument = afterStatement(before.instrument, { action, at });
    if (instrument === before.instrument) return NOTHING;
    const { state } = before;
    const mark = state === null ? null : markOf(state, instrument, at, this.#policy);
    this.#put(symbol, { ...before, mark, instrument, keptE4: state?.accepted.priceE4 ?? null });
    return { isNews: isNews(before.mark, mark), isToBeKept: true };
  }

  /** Somebody's figures wait for a quote of the symbol that is younger than `at`, Unix ms. */
  awaitQuote(symbol: string, at: number): void {
    if ((this.markOf(symbol)?.at ?? 0) > at) return;
    this.#awaited.set(symbol, Math.max(at, this.#awaited.get(symbol) ?? 0));
  }

  #isAwaited(symbol: string, mark: Mark): boolean {
    const at = this.#awaited.get(symbol);
    if (at !== undefined && mark.at > at) this.#awaited.delete(symbol);
    return at !== undefined;
  }

  /** Lets quotes count that stood unconfirmed long enough by `now` (ms); returns their symbols. */
  settle(now: number): string[] {
    const settled: string[] = [];
    for (const [symbol, at] of this.#waiting) {
      const entry = this.#entries.get(symbol);
      if (now < at || entry === undefined || entry.state === null) continue;
      const mark = markOf(entry.state, entry.instrument, now, this.#policy);
      // The state stays as the records made it: the next one is judged by their times, not by ours.
      this.#set(symbol, { ...entry, mark });
      this.#waiting.delete(symbol);
      if (isNews(entry.mark, mark)) settled.push(symbol);
    }
    return settled;
  }

  /** What is known of a symbol, to be kept for a restart. */
  known(symbol: string): KnownSymbol {
    const { state, instrument, position } = this.#entries.get(symbol) ?? UNKNOWN;
    return { symbol, price: state, instrument, pricesPosition: position };
  }

  /** Takes a beta over; false when it is older than the last one or the same. */
  beta(symbol: string, betaE4: number, at: number): boolean {
    const last = this.#betas.get(symbol);
    if (!replacesQuote(last?.at, at)) return false;
    this.#betas.set(symbol, { betaE4, at });
    this.#liveOf(symbol).betaE4 = betaE4;
    return last?.betaE4 !== betaE4;
  }

  /** The price that counts, with its time and quality; null while there is none. */
  markOf(symbol: string): Mark | null {
    return this.#entries.get(symbol)?.mark ?? null;
  }

  /** The price that counts, 1/10,000 dollar per share; null while there is none. */
  priceE4(symbol: string): number | null {
    return this.#entries.get(symbol)?.mark?.priceE4 ?? null;
  }

  /** Price and beta of a symbol, now and from now on. */
  live(symbol: string): LiveQuote {
    return this.#liveOf(symbol);
  }

  /** Would a restart, which knows what was kept and the last record, take that record for outlying? */
  #hasLeft(keptE4: number | null, { accepted }: PriceState): boolean {
    if (keptE4 === null) return false;
    return movesBeyond(keptE4, accepted.priceE4, this.#policy.outlierMove);
  }

  #set(symbol: string, entry: Entry): void {
    this.#entries.set(symbol, entry);
    this.#liveOf(symbol).priceE4 = entry.mark?.priceE4 ?? null;
  }

  #liveOf(symbol: string): Mutable<LiveQuote> {
    const known = this.#live.get(symbol);
    if (known !== undefined) return known;
    const live = { symbol, priceE4: null, betaE4: null };
    this.#live.set(symbol, live);
    return live;
  }

  #put(symbol: string, entry: Entry): void {
    this.#set(symbol, entry);
    const at = entry.state === null ? null : countsAt(entry.state, this.#policy);
    if (at === null) this.#waiting.delete(symbol);
    else this.#waiting.set(symbol, at);
  }
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** Do figures differ with the other mark? Its time alone does not make them. */
function isNews(before: Mark | null, after: Mark | null): boolean {
  return (
    before?.priceE4 !== after?.priceE4 ||
    before?.kind !== after?.kind ||
    before?.quality !== after?.quality
  );
}

/**
 * A doubt that begins, ends or begins anew, an official close and the first trade after it: the last
 * record of a compacted topic does not tell of them. A further tick near a pending one is told by the
 * records after what is kept.
 */
function tellsMore(before: PriceState | null, after: PriceState): boolean {
  return (
    before?.pending?.since !== after.pending?.since ||
    before?.suspicion?.since !== after.suspicion?.since ||
    (before?.accepted !== after.accepted && isCloseOrFirstTrade(before, after))
  );
}

function isCloseOrFirstTrade(before: PriceState | null, { accepted }: PriceState): boolean {
  return accepted.kind === 'CLOSE' || before?.accepted.kind === 'CLOSE';
}
