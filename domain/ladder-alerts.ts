import type { CaseAction } from './ladder-actions.ts';
import type { OpenAlert } from './open-alert.ts';

type Code = OpenAlert['code'];

/** An action before it says which alerts it ends. */
type Plain<Action> = Action extends CaseAction ? Omit<Action, 'endedAlerts'> : never;

/** What an action does to the alerts of its case: those that it ends, and those that are open after it. */
export function alertsAfter(
  open: readonly OpenAlert[],
  action: Plain<CaseAction>,
): { readonly ended: readonly OpenAlert[]; readonly open: readonly OpenAlert[] } {
  const codes = endedBy(action);
  const raised = raisedBy(action);
  const ended = open.filter(({ code }) => codes.includes(code));
  if (ended.length === 0 && raised === null) return { ended, open };
  const left = open.filter(({ code }) => !codes.includes(code));
  return {
    ended,
    open: raised === null ? left : [...left, { code: raised, since: action.decidedAt }],
  };
}

function raisedBy({ type }: Plain<CaseAction>): Code | null {
  if (type === 'AWAIT_RELEASE') return 'AWAITING_RELEASE';
  if (type === 'REPORT_STUCK') return 'LIQUIDATION_STUCK';
  return type === 'HAND_OVER' ? 'UNSECURED_DEFICIT' : null;
}

/** What is asked or said anew takes the place of what was said before. */
function endedBy(action: Plain<CaseAction>): readonly Code[] {
  switch (action.type) {
    case 'TRIGGER':
    case 'AWAIT_RELEASE':
      return ['AWAITING_RELEASE'];
    case 'COMMANDED': {
      const isReleased = action.command.type === 'RELEASE' && action.outcome === 'DONE';
      return isReleased ? ['AWAITING_RELEASE'] : [];
    }
    case 'REPORT_STUCK':
      return ['LIQUIDATION_STUCK'];
    case 'ORDERS':
      return ['AWAITING_RELEASE', 'LIQUIDATION_STUCK'];
    case 'HAND_OVER':
    case 'MET':
      return ['AWAITING_RELEASE', 'LIQUIDATION_STUCK', 'UNSECURED_DEFICIT'];
    default:
      return [];
  }
}
