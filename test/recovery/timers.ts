import type { Policy } from '#domain/policy.ts';
import { isOfStress } from './run-watch.ts';
import type { CaseEvent, Said } from './run-watch.ts';

/** How late each timer was, ms, and which were early: each of those sentences is a failure. */
export interface TimerFindings {
  readonly early: readonly string[];
  readonly latenessMs: readonly number[];
}

/** Clocks of two processes of one machine are read one after the other, in whole milliseconds. */
const CLOCK_MS = 2;

type Durations = Pick<Policy, 'dueAfterMs' | 'graceMs'>;

/**
 * No call was past due before its due instant, no liquidation began before the grace was over. Counted
 * from when the record of the step before was written, by the clock of the process that wrote it.
 * `accelerated` has `account/episode` of calls whose remaining timers were zero.
 */
export function timerFindings(
  events: readonly Said<CaseEvent>[],
  accelerated: ReadonlySet<string>,
  { dueAfterMs, graceMs }: Durations,
): TimerFindings {
  const timed = [
    ...pairs(events, 'MARGIN_CALL', 'PAST_DUE', dueAfterMs),
    ...pairs(events, 'CLOSE_ONLY', 'TRIGGERED', graceMs),
  ].filter(({ key }) => !accelerated.has(key));
  return {
    early: timed.flatMap(({ what, latenessMs }) =>
      latenessMs < -CLOCK_MS ? [`${what} came ${String(-latenessMs)} ms early`] : [],
    ),
    latenessMs: timed.map(({ latenessMs }) => latenessMs),
  };
}

interface Timed {
  /** `account/episode`. */
  readonly key: string;
  readonly what: string;
  readonly latenessMs: number;
}

function pairs(
  events: readonly Said<CaseEvent>[],
  first: CaseEvent['action'],
  then: CaseEvent['action'],
  afterMs: number,
): Timed[] {
  const begun = new Map<string, number>();
  for (const { event, writtenAt } of events) {
    if (event.action !== first || isOfStress(event)) continue;
    if ('renotified' in event && event.renotified) continue;
    begun.set(keyOf(event), writtenAt);
  }
  return events.flatMap(({ event, writtenAt }) => {
    if (event.action !== then) return [];
    const key = keyOf(event);
    // Without the step before it, it could not come later than that.
    const latenessMs = writtenAt - ((begun.get(key) ?? Infinity) + afterMs);
    return [{ key, what: `${then} of ${key}`, latenessMs }];
  });
}

function keyOf({ account_id: accountId, episode }: CaseEvent): string {
  return `${accountId}/${String(episode)}`;
}
