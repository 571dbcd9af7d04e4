import type { CaseAction } from '#domain/ladder-actions.ts';

/** What RULES and ladder-table.ts promise of single steps, said again so that it can be judged. */

/** What moves an account down the ladder. */
export const ESCALATIONS: ReadonlySet<CaseAction['type']> = new Set([
  'WARN',
  'CALL',
  'PAST_DUE',
  'CLOSE_ONLY',
  'AWAIT_RELEASE',
  'TRIGGER',
  'ORDERS',
  'HAND_OVER',
  'ACCELERATE',
  'RENOTIFY',
] as const);

/** Escalations that are wrong without a deficiency. */
export const NEEDS_DEFICIENCY: ReadonlySet<CaseAction['type']> = new Set([
  'CALL',
  'PAST_DUE',
  'CLOSE_ONLY',
  'TRIGGER',
  'ORDERS',
  'HAND_OVER',
  'ACCELERATE',
  'RENOTIFY',
] as const);

/** Steps that an episode takes once. */
export const ONCE: ReadonlySet<CaseAction['type']> = new Set([
  'WARN',
  'CALL',
  'PAST_DUE',
  'CLOSE_ONLY',
  'TRIGGER',
  'MET',
  'COMPLETE',
  'LIFT',
  'HAND_OVER',
  'ACCELERATE',
] as const);

/** What an episode has to have seen before a step. */
export const AFTER: Partial<Record<CaseAction['type'], CaseAction['type']>> = {
  RENOTIFY: 'CALL',
  ACCELERATE: 'CALL',
  PAST_DUE: 'CALL',
  CLOSE_ONLY: 'PAST_DUE',
  TRIGGER: 'CLOSE_ONLY',
  ORDERS: 'TRIGGER',
  COMPLETE: 'TRIGGER',
  HAND_OVER: 'COMPLETE',
  MET: 'CALL',
  LIFT: 'CLOSE_ONLY',
};
