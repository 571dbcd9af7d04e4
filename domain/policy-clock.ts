import { addSessionMs, businessDaysLater, sessionEnd, tradableFrom } from './calendar.ts';
import type { Policy } from './policy.ts';

/** How time counts under a policy: every instant, or only regular sessions (RULES, Calls). Unix ms. */

type Clock = Pick<Policy, 'clock' | 'calendar'>;

/** When so much time of the policy's clock has passed. Throws CalendarRangeError. */
export function deadlineAfter({ clock, calendar }: Clock, at: number, ms: number): number {
  return clock === 'WALL' ? at + ms : addSessionMs(calendar, at, ms);
}

/** The first instant from `at` on at which a liquidation may trade. Throws CalendarRangeError. */
export function liquidationFrom({ clock, calendar }: Clock, at: number): number {
  return clock === 'WALL' ? at : tradableFrom(calendar, at);
}

/** Until when an order written at `at` may trade: its lifetime, at most its session. Throws CalendarRangeError. */
export function orderValidUntil(policy: Pick<Policy, 'orderTtlMs'> & Clock, at: number): number {
  const until = at + policy.orderTtlMs;
  if (policy.clock === 'WALL') return until;
  return Math.min(until, sessionEnd(policy.calendar, at) ?? until);
}

const DAY_MS = 86_400_000;

/**
 * Until when funds on their way may hold escalation: the policy's time; under a session clock a day
 * is a business day (RULES, Calls: at most one). Throws CalendarRangeError.
 */
export function fundsExpireMaxAt(
  { clock, calendar, pendingFundsMaxMs }: Pick<Policy, 'pendingFundsMaxMs'> & Clock,
  at: number,
): number {
  const isDay = clock === 'SESSION' && pendingFundsMaxMs >= DAY_MS;
  return isDay ? businessDaysLater(calendar, at, 1) : at + pendingFundsMaxMs;
}
