/** When a notice that was not delivered is tried again. All in ms. */

const FIRST_PAUSE_MS = 2_000;
const PAUSE_MS_MAX = 5 * 60_000;

/** After this long a person has to tell the customer. */
const TRIED_FOR_MS = 24 * 3_600_000;

/**
 * When attempt number `attempt` (from 1), failed at `failedAt`, is followed by the next: after 2 s,
 * doubling up to 5 minutes, for a day from `issuedAt`; then null.
 */
export function noticeRetryAt(attempt: number, failedAt: number, issuedAt: number): number | null {
  const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(attempt - 1, 10), PAUSE_MS_MAX);
  const at = failedAt + pauseMs;
  return at > issuedAt + TRIED_FOR_MS ? null : at;
}
