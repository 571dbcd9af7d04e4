import type { MarginCalcRecord } from '#contracts/margin-figures.ts';
import type { ExecutionRecord, RUNG_NAMES } from '#contracts/case-events.ts';
import { caseSnapshotSchema, endsOrder } from '#contracts/case-events.ts';
import { TOPICS } from '#contracts/topics.ts';
import type { Observer, Seen } from '../observer.ts';
import type { BookAccount } from './book.ts';
import { cashOf } from './bookings.ts';

/** A step of a case, as its topic told it. */
export interface ToldStep {
  readonly step:
    | 'WARNING'
    | 'MARGIN_CALL'
    | 'PAST_DUE'
    | 'MET'
    | 'CLOSE_ONLY'
    | 'LIFTED'
    | 'TRIGGERED'
    | 'COMPLETED'
    | 'ACCELERATED'
    | 'UNSECURED_DEFICIT';
  readonly episode: number;
  /** When the broker had it, Unix ms. */
  readonly at: number;
  /** The figures on which it was taken, dollars. */
  readonly deficiency: number;
}

type RungName = (typeof RUNG_NAMES)[number];

/** The rung on which a case stood from an instant on. */
export interface RungSince {
  readonly rung: RungName;
  readonly at: number;
}

/** What the topics have told about one account. */
export interface AccountChronicle {
  readonly account: BookAccount;
  readonly figures: readonly Seen<MarginCalcRecord>[];
  /** In the order of their instants. */
  readonly steps: readonly ToldStep[];
  readonly rungs: readonly RungSince[];
  /** What its customer paid in after the start: dollars, and where they lie in cash.v1. */
  readonly payments: readonly { readonly amount: number; readonly position: number }[];
  readonly executions: readonly ExecutionRecord[];
  /** Orders of a liquidation, and of them those that the venue has ended. */
  readonly orders: number;
  readonly ordersEnded: number;
}

/** Collects what the topics have told about an account so far. */
export function chronicleOf(observer: Observer, account: BookAccount): AccountChronicle {
  const { accountId } = account;
  const executions = observer.of(TOPICS.executions, accountId).map(({ record }) => record);
  return {
    account,
    figures: observer.of(TOPICS.marginCalc, accountId),
    steps: toldSteps(observer, accountId),
    rungs: rungsOf(observer, accountId),
    // The first one is the deposit with which the account was opened.
    payments: cashOf(observer, accountId)
      .slice(1)
      .map(({ record, offset }) => ({ amount: record.amount, position: offset })),
    executions,
    orders: observer.of(TOPICS.liquidationOrders, accountId).length,
    ordersEnded: executions.filter(endsOrder).length,
  };
}

/** Who puts close-only on for a call past due. */
const LADDER_HOLDERS: ReadonlySet<string> = new Set(['stale-call']);

function toldSteps(observer: Observer, accountId: string): ToldStep[] {
  const published = [
    // A call that is notified anew is the same call.
    ...observer.of(TOPICS.marginCalls, accountId).filter(({ record }) => !record.renotified),
    // Other holders than the stale call may put close-only on: the ladder's story is that one's.
    ...observer
      .of(TOPICS.restrictions, accountId)
      .filter(({ record: { holder } }) => LADDER_HOLDERS.has(holder)),
    ...observer.of(TOPICS.liquidations, accountId),
  ].flatMap(({ at, record: { action, episode, deficiency } }) =>
    isToldStep(action) ? [{ step: action, episode, at, deficiency }] : [],
  );
  const audited = observer.of(TOPICS.audit, accountId).flatMap(({ at, record }) => {
    const { event_type: step, details } = record;
    if (step !== 'UNSECURED_DEFICIT' && step !== 'ACCELERATED') return [];
    const deficiency = Number(details.residual_deficiency ?? 0);
    return [{ step, episode: Number(details.episode), at, deficiency }] as const;
  });
  return [...published, ...audited].sort((a, b) => a.at - b.at);
}

const TOLD_STEPS: ReadonlySet<string> = new Set<ToldStep['step']>([
  'WARNING',
  'MARGIN_CALL',
  'PAST_DUE',
  'MET',
  'CLOSE_ONLY',
  'LIFTED',
  'TRIGGERED',
  'COMPLETED',
]);

/** Is it a step on the ladder? Reminders and the like are not. */
function isToldStep(action: string): action is ToldStep['step'] {
  return TOLD_STEPS.has(action);
}

function rungsOf(observer: Observer, accountId: string): RungSince[] {
  return observer.of(TOPICS.audit, accountId).flatMap(({ at, record }) => {
    const snapshot = caseSnapshotSchema.safeParse(record.details.case);
    return snapshot.success ? [{ rung: snapshot.data.rung, at }] : [];
  });
}

/** Did it ever take the step? */
export function took(chronicle: AccountChronicle, step: ToldStep['step']): boolean {
  return chronicle.steps.some((each) => each.step === step);
}

/** The last figures before an instant (Unix ms); undefined before the first. */
export function figuresBefore(
  { figures }: AccountChronicle,
  before: number,
): MarginCalcRecord | undefined {
  return figures.findLast(({ record }) => record.as_of < before)?.record;
}
