import type { CaseEvent, Said, Trouble } from './run-watch.ts';

export interface CallFindings {
  /** Each of these sentences is a failure. */
  readonly missed: readonly string[];
  /** From the first figures below the line to the call's record, ms. */
  readonly delayMs: readonly number[];
}

/** Whoever was below the line for longer than `delayMsMax` was called; `now` is Unix ms. */
export function callFindings(
  events: readonly Said<CaseEvent>[],
  troubles: readonly Trouble[],
  delayMsMax: number,
  now: number,
): CallFindings {
  const calls = timesOf(events, 'MARGIN_CALL');
  const cures = timesOf(events, 'MET');
  const missed: string[] = [];
  const delayMs: number[] = [];
  const answered = new Set<number>();
  for (const { accountId, from, to } of troubles) {
    const times = calls.get(accountId) ?? [];
    const lastedMs = (to ?? now) - from;
    const call = times.find((at) => at >= from);
    if (call !== undefined && !answered.has(call) && call <= from + lastedMs) {
      answered.add(call);
      delayMs.push(call - from);
    }
    // An account that comes back below the line may have its call open still, if nothing met it.
    const isOpen = (at: number): boolean =>
      !(cures.get(accountId) ?? []).some((met) => met >= at && met < from);
    const called = times.some((at) => at <= from + Math.max(lastedMs, delayMsMax) && isOpen(at));
    if (!called && lastedMs > delayMsMax) {
      missed.push(`${accountId} was below the line for ${String(lastedMs)} ms without a call`);
    }
  }
  return { missed, delayMs };
}

/** By account, when a step was said. */
function timesOf(
  events: readonly Said<CaseEvent>[],
  action: 'MARGIN_CALL' | 'MET',
): Map<string, number[]> {
  const times = new Map<string, number[]>();
  for (const { event, writtenAt } of events) {
    if (event.action !== action || event.renotified) continue;
    const known = times.get(event.account_id) ?? [];
    times.set(event.account_id, known);
    known.push(writtenAt);
  }
  return times;
}
