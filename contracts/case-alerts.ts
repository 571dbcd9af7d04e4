import type { CaseAction } from '#domain/ladder-actions.ts';
import type { OpenAlert } from '#domain/open-alert.ts';
import { isFirmHold } from '#domain/ladder-firm.ts';
import { clearedAlert, raisedAlert } from './alerts.ts';
import type { AlertRecord, RaisedAlert } from './alerts.ts';
import type { RecordRequest } from './case-activities.ts';
import { staleText } from './case-audit.ts';
import { fromE4 } from './wire.ts';

/** The alerts that an action of a case ends or raises, in this order. */
export function caseAlerts({ accountId, action }: RecordRequest): AlertRecord[] {
  const raised = alertOf(accountId, action);
  const ended = (action.endedAlerts ?? []).map(({ code, since }) => {
    const alert = {
      ...about(accountId, action, 'CRITICAL'),
      code,
      since,
      what: OVER[code](accountId),
    };
    return clearedAlert(raisedAlert(alert), action.decidedAt);
  });
  return raised === null ? ended : [...ended, raised];
}

const OVER: Readonly<Record<OpenAlert['code'], (accountId: string) => string>> = {
  AWAITING_RELEASE: (account) => `the liquidation of ${account} no longer waits for a release`,
  LIQUIDATION_STUCK: (account) => `the liquidation of ${account} is no longer stuck`,
  UNSECURED_DEFICIT: (account) => `${account} owes nothing any more`,
};

/** The alert that an action raises, or a hold that it ends; null when it is nobody's business. */
function alertOf(accountId: string, action: CaseAction): AlertRecord | null {
  switch (action.type) {
    case 'HOLD':
      // People hold knowingly: nobody is called for it, account by account.
      if (isFirmHold(action.reason)) return null;
      return raisedAlert(held(accountId, action, action.decidedAt));
    case 'HOLD_CLEARED':
      return clearedAlert(raisedAlert(held(accountId, action, action.heldSince)), action.decidedAt);
    case 'AWAIT_RELEASE':
      return raisedAlert({
        ...about(accountId, action, 'CRITICAL'),
        code: 'AWAITING_RELEASE',
        what: `the ${action.isUrgent ? 'urgent ' : ''}liquidation of ${accountId} waits for the release by ${String(action.persons)} of us${action.isBraked ? ': the liquidation brake is on' : ''}`,
      });
    case 'REPORT_STUCK':
      return raisedAlert({
        ...about(accountId, action, 'CRITICAL'),
        code: 'LIQUIDATION_STUCK',
        what: `the liquidation of ${accountId} cannot go on: ${action.why}, ${String(action.orders.length)} orders`,
      });
    case 'HAND_OVER':
      return raisedAlert({
        ...about(accountId, action, 'CRITICAL'),
        code: 'UNSECURED_DEFICIT',
        what: `${accountId} owes $${String(fromE4(action.residualE4))} and has nothing left to sell`,
      });
    case 'WARN':
    case 'CLEAR_WARNING':
    case 'CALL':
    case 'RENOTIFY':
    case 'CLOCK_STARTED':
    case 'ACCELERATE':
    case 'PAST_DUE':
    case 'CLOSE_ONLY':
    case 'TRIGGER':
    case 'ORDERS':
    case 'WITHHOLD':
    case 'CANCEL_ORDERS':
    case 'MET':
    case 'COMPLETE':
    case 'LIFT':
    case 'STRESS_ON':
    case 'STRESS_OFF':
    case 'COMMANDED':
    case 'FUNDS_EXPIRED':
    case 'ACKNOWLEDGE':
      return null;
  }
}

function held(
  accountId: string,
  action: Extract<CaseAction, { type: 'HOLD' | 'HOLD_CLEARED' }>,
  since: number,
): RaisedAlert {
  return {
    ...about(accountId, action, 'WARNING'),
    since,
    code: 'ESCALATION_HELD',
    what: `${accountId} is held on rung ${action.rung}: ${staleText(action.reason)}`,
  };
}

function about(
  accountId: string,
  action: CaseAction,
  severity: AlertRecord['severity'],
): Pick<RaisedAlert, 'subject' | 'severity' | 'since' | 'timestamp' | 'correlation_id'> {
  return {
    subject: accountId,
    severity,
    since: action.decidedAt,
    timestamp: action.decidedAt,
    correlation_id: action.correlationId,
  };
}
