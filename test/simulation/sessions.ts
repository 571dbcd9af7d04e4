/**
 * Regular sessions of the stories, written down from RULES (Calls) and the clock of New York, apart from
 * domain/calendar.ts: an ordinary night, and Thanksgiving with the early close after it. Unix ms.
 */
const SESSIONS = [
  ['2026-11-18T14:30Z', '2026-11-18T21:00Z'],
  ['2026-11-19T14:30Z', '2026-11-19T21:00Z'],
  ['2026-11-25T14:30Z', '2026-11-25T21:00Z'],
  ['2026-11-27T14:30Z', '2026-11-27T18:00Z'],
  ['2026-11-30T14:30Z', '2026-11-30T21:00Z'],
].map(([opens = '', closes = '']) => ({
  opensAt: Date.parse(opens),
  closesAt: Date.parse(closes),
}));

/** Orders of a liquidation leave the opening alone (RULES, Liquidation). */
const OPENING_MS = 300_000;

/** Sessions after whose close a story may begin: each has a later one. */
export const CLOSES = [0, 2, 3].flatMap((at) => SESSIONS[at] ?? []);

/** The next instant at which a session opens. */
export function nextOpening(after: number): number {
  const next = SESSIONS.find(({ opensAt }) => opensAt > after);
  if (next === undefined)
    throw new RangeError('a story outlives the sessions that are written down');
  return next.opensAt + OPENING_MS;
}

/** How much of the time between two instants lies in sessions, ms. */
export function sessionMsBetween(from: number, to: number): number {
  return SESSIONS.reduce(
    (sum, { opensAt, closesAt }) =>
      sum + Math.max(0, Math.min(to, closesAt) - Math.max(from, opensAt)),
    0,
  );
}

/** May a liquidation trade now? */
export function isTradable(at: number): boolean {
  return SESSIONS.some(({ opensAt, closesAt }) => at >= opensAt + OPENING_MS && at < closesAt);
}
