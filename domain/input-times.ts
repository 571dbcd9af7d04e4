import { QUOTE_AHEAD_MAX_MS } from './quotes.ts';

/** Which times input may carry, against its arrival: the engine's limits, kept at the door as well. Ms. */

/** A fill or cash movement dated earlier can no longer be told from a duplicate (DESIGN 4; the figures). */
export const COUNTED_HORIZON_MS = 7 * 86_400_000;

/** A booking dated later than this after its arrival is refused: it would outlive the memory of its id. */
export const BOOKING_AHEAD_MAX_MS = 60_000;

/** A person says what they saw within a day, or looks again. */
const STATEMENT_AGE_MAX_MS = 86_400_000;

/** 1 Jan 2000: an earlier quote is a mistake of unit, seconds in place of milliseconds. */
const QUOTE_EARLIEST_MS = 946_684_800_000;

/** A person's command about a later instant is a mistake of unit; policy says how late it may be. */
const COMMAND_AHEAD_MAX_MS = 60 * 86_400_000;

/** From and until when, both included, Unix ms. */
export interface TimeWindow {
  readonly from: number;
  readonly until: number;
}

/** The times that a fill or cash movement that arrives at `now` may carry. */
export function bookingTimes(now: number): TimeWindow {
  return { from: now - COUNTED_HORIZON_MS, until: now + BOOKING_AHEAD_MAX_MS };
}

/** The times that a price or beta that arrives at `now` may carry. An old one replaces nothing later. */
export function quoteTimes(now: number): TimeWindow {
  return { from: QUOTE_EARLIEST_MS, until: now + QUOTE_AHEAD_MAX_MS };
}

/** The times that a person's statement about an instrument made at `now` may carry. */
export function statementTimes(now: number): TimeWindow {
  return { from: now - STATEMENT_AGE_MAX_MS, until: now + QUOTE_AHEAD_MAX_MS };
}

/** The instants that a person's command given at `now` may name. */
export function commandTimes(now: number): TimeWindow {
  return { from: now, until: now + COMMAND_AHEAD_MAX_MS };
}
