import { replacesQuote } from './quotes.ts';

/** What the exchange and people say of an instrument (RULES, Liquidation). Instants in Unix ms. */

export const INSTRUMENT_ACTIONS = ['HALT', 'RESUME', 'CLEAR'] as const;
export type InstrumentAction = (typeof INSTRUMENT_ACTIONS)[number];

export interface Instrument {
  /** Since when trading is halted; null while it is not. */
  readonly haltedSince: number | null;
  /** Until when a person has looked at its prices and found them right; null: nobody has. */
  readonly clearedAt: number | null;
  /** The time of the last HALT or RESUME; null before the first. */
  readonly tradingStatedAt: number | null;
}

/** An instrument of which nothing was said. */
export const UNREMARKABLE: Instrument = {
  haltedSince: null,
  clearedAt: null,
  tradingStatedAt: null,
};

/**
 * The instrument after a statement; the very same when it says nothing new. A CLEAR has an order of its
 * own: a person's must not make the exchange's halt look old.
 */
export function afterStatement(
  instrument: Instrument,
  statement: { readonly action: InstrumentAction; readonly at: number },
): Instrument {
  const { action, at } = statement;
  if (action === 'CLEAR') {
    const isNew = instrument.clearedAt === null || at > instrument.clearedAt;
    return isNew ? { ...instrument, clearedAt: at } : instrument;
  }
  if (!replacesQuote(instrument.tradingStatedAt ?? undefined, at)) return instrument;
  const isHalted = instrument.haltedSince !== null;
  if (isHalted === (action === 'HALT')) return instrument;
  return { ...instrument, haltedSince: isHalted ? null : at, tradingStatedAt: at };
}
