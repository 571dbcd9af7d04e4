import type {
  CaseActivities,
  RecordActivity,
  RecordAnswer,
  RecordRequest,
} from '#contracts/case-activities.ts';
import type { RefusedCommandRequest } from '#contracts/refused-command.ts';
import type { CaseEvent } from '#domain/case-events.ts';
import type { CaseAction, LadderAction } from '#domain/ladder-actions.ts';
import type { CaseSummary } from '#domain/case-summary.ts';
import { proxyActivities, proxyLocalActivities, workflowInfo } from '@temporalio/workflow';
import type { ActivityFunctionWithOptions } from '@temporalio/workflow';
import { actionText } from './case-text.ts';

/**
 * Every attempt is bounded, and there is always another: a step of a case is money, it is neither
 * dropped nor skipped. What stays broken shows as a pending activity with its last failure.
 */
const activities = proxyActivities<CaseActivities>({
  startToCloseTimeout: '10 seconds',
  retry: {
    initialInterval: '200 milliseconds',
    backoffCoefficient: 2,
    maximumInterval: '10 seconds',
  },
});

const RECORD: Readonly<Record<CaseAction['type'], ActivityFunctionWithOptions<RecordActivity>>> = {
  WARN: activities.warnCustomer,
  CLEAR_WARNING: activities.recordInAudit,
  CALL: activities.issueMarginCall,
  RENOTIFY: activities.renotifyMarginCall,
  CLOCK_STARTED: activities.recordInAudit,
  ACCELERATE: activities.recordInAudit,
  PAST_DUE: activities.declarePastDue,
  CLOSE_ONLY: activities.restrictToCloseOnly,
  AWAIT_RELEASE: activities.recordInAudit,
  COMMANDED: activities.recordInAudit,
  FUNDS_EXPIRED: activities.recordInAudit,
  TRIGGER: activities.triggerLiquidation,
  ORDERS: activities.sendLiquidationOrders,
  WITHHOLD: activities.recordInAudit,
  REPORT_STUCK: activities.recordInAudit,
  CANCEL_ORDERS: activities.cancelLiquidationOrders,
  MET: activities.confirmCallMet,
  COMPLETE: activities.completeLiquidation,
  LIFT: activities.liftRestriction,
  STRESS_ON: activities.restrictToCloseOnly,
  STRESS_OFF: activities.liftRestriction,
  HAND_OVER: activities.recordInAudit,
  HOLD: activities.recordInAudit,
  HOLD_CLEARED: activities.recordInAudit,
  ACKNOWLEDGE: activities.recordInAudit,
};

export const policyInForce = activities.policyInForce;

/** Checks an envelope near at hand: it needs nothing but the public key. */
export const { verifyCommand } = proxyLocalActivities<Pick<CaseActivities, 'verifyCommand'>>({
  startToCloseTimeout: '5 seconds',
});

/** Writes down that a command was refused. */
export async function recordRefusal(
  refused: Omit<RefusedCommandRequest, 'caseId' | 'refusedAt'>,
): Promise<void> {
  const { code } = refused.refusal;
  const summary = `refused ${refused.command.type} by ${refused.by ?? 'nobody proved'}: ${code}`;
  const caseId = workflowInfo().firstExecutionRunId;
  await activities.recordRefusedCommand.executeWithOptions({ summary }, [
    { ...refused, caseId, refusedAt: Date.now() },
  ]);
}

/** Does what a decision asks for, and answers with the event that comes of it, if any. */
export async function perform(
  action: LadderAction,
  summary: CaseSummary,
  accountId: string,
): Promise<CaseEvent | null> {
  if (action.type === 'READ_FIGURES') {
    const reading = await activities.readFigures.executeWithOptions(
      { summary: 'are the figures fresh enough to go on?' },
      [action.request],
    );
    const { attempt, executionId } = action;
    return { type: 'READING', attempt, executionId, reading };
  }
  const { ackAt, withheld } = await record(action, summary, accountId);
  if (withheld !== undefined) return { type: 'ORDERS_WITHHELD', ...withheld };
  if (action.type === 'CALL') return { type: 'CALL_PUBLISHED', episode: action.episode, ackAt };
  if (action.type === 'CLOSE_ONLY') {
    return { type: 'RESTRICTION_PUBLISHED', episode: action.episode, ackAt };
  }
  return null;
}

function record(
  action: CaseAction,
  summary: CaseSummary,
  accountId: string,
): Promise<RecordAnswer> {
  const info = workflowInfo();
  const request: RecordRequest = {
    accountId,
    caseId: info.firstExecutionRunId,
    caseStartedAt: info.startTime.getTime(),
    workflowId: info.workflowId,
    runId: info.runId,
    action,
    summary,
  };
  return RECORD[action.type].executeWithOptions({ summary: actionText(action) }, [request]);
}
