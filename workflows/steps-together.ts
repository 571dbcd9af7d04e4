import type { CaseAction, LadderAction, ReadFigures } from '#domain/ladder-actions.ts';

/** A step and those that lead up to it: one activity records them. */
export interface RecordSteps {
  readonly type: 'RECORD';
  readonly leadingUp: readonly CaseAction[];
  readonly step: CaseAction;
}

/**
 * Steps that say why the next one comes. They wait for no answer: what follows them need not be an
 * activity of its own, which costs the server as much as everything else that it does for a call.
 */
const LEADS_UP: ReadonlySet<CaseAction['type']> = new Set<CaseAction['type']>([
  'HOLD_CLEARED',
  'FUNDS_EXPIRED',
  'WARN',
  'ACCELERATE',
  'PAST_DUE',
]);

/** A reading records nothing, and orders may be withheld: neither takes others along. */
const ALONE: ReadonlySet<LadderAction['type']> = new Set<LadderAction['type']>([
  'READ_FIGURES',
  'ORDERS',
]);

/** The actions of one decision, in their order, as the activities that carry them out. */
export function stepsTogether(actions: readonly LadderAction[]): (RecordSteps | ReadFigures)[] {
  const together: (RecordSteps | ReadFigures)[] = [];
  let leadingUp: readonly CaseAction[] = [];
  for (const [index, action] of actions.entries()) {
    const next = actions[index + 1];
    if (action.type === 'READ_FIGURES') together.push(action);
    else if (LEADS_UP.has(action.type) && next !== undefined && !ALONE.has(next.type)) {
      leadingUp = [...leadingUp, action];
    } else {
      together.push({ type: 'RECORD', leadingUp, step: action });
      leadingUp = [];
    }
  }
  return together;
}
