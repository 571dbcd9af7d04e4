import type {
  CaseActivities,
  RecordActivity,
  RecordAnswer,
  StepsRequest,
} from '#contracts/case-activities.ts';
import type { RefusedCommandRequest } from '#contracts/refused-command.ts';
import type { CaseEvent, Reading, ReadingRequest } from '#domain/case-events.ts';
import type { CaseAction, ReadFigures } from '#domain/ladder-actions.ts';
import type { CaseSummary } from '#domain/case-summary.ts';
import {
  isCancellation,
  proxyActivities,
  proxyLocalActivities,
  TemporalFailure,
  workflowInfo,
} from '@temporalio/workflow';
import type { ActivityFunctionWithOptions } from '@temporalio/workflow';
import { actionText } from './case-text.ts';
import type { RecordSteps } from './steps-together.ts';

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

/** Near at hand: they need nothing but what the worker knows. */
export const { policyInForce, verifyCommand } = proxyLocalActivities<
  Pick<CaseActivities, 'policyInForce' | 'verifyCommand'>
>({
  startToCloseTimeout: '5 seconds',
});

/** Once: what does not succeed at once is done by the ordinary activity. */
const { recordInAudit: recordAtOnce } = proxyLocalActivities<Pick<CaseActivities, 'recordInAudit'>>(
  {
    startToCloseTimeout: '2 seconds',
    retry: { maximumAttempts: 1 },
  },
);

/** Once, and not for long: what people command meanwhile comes after it. */
const { glanceAtFigures } = proxyLocalActivities<Pick<CaseActivities, 'glanceAtFigures'>>({
  startToCloseTimeout: '2 seconds',
  retry: { maximumAttempts: 1 },
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
  asked: RecordSteps | ReadFigures,
  summary: CaseSummary,
  accountId: string,
): Promise<CaseEvent | null> {
  if (asked.type === 'READ_FIGURES') return read(asked);
  const { ackAt, withheld } = await record(asked, summary, accountId);
  if (withheld !== undefined) return { type: 'ORDERS_WITHHELD', ...withheld };
  const { type, episode } = asked.step;
  if (type === 'CALL') return { type: 'CALL_PUBLISHED', episode, ackAt };
  if (type === 'CLOSE_ONLY') return { type: 'RESTRICTION_PUBLISHED', episode, ackAt };
  return null;
}

/**
 * A reading within the workflow task spares the server an activity and a further task, but what comes
 * during it is decided after it. Where a call at most comes of it that is a wait of half a second; above,
 * people command at the last moment, and are heard (domain/case-inbox.ts).
 */
async function read(asked: ReadFigures): Promise<CaseEvent> {
  const { request, attempt, executionId, leadsToCallAtMost } = asked;
  const glance = leadsToCallAtMost && attempt === 1 ? await glanced(request) : null;
  const reading =
    glance ??
    (await activities.readFigures.executeWithOptions(
      { summary: 'are the figures fresh enough to go on?' },
      [request],
    ));
  return { type: 'READING', attempt, executionId, reading };
}

/** Figures that are fresh at once; null when they are not: then it takes an activity that can wait. */
async function glanced(request: ReadingRequest): Promise<Reading | null> {
  const reading = await orNull(glanceAtFigures(request));
  return reading?.outcome === 'FRESH' ? reading : null;
}

/**
 * What a local activity answers; null when it failed. A replay tells a time-out without the wrapping that
 * it had when it came: any failure that Temporal tells counts.
 */
async function orNull<Answer>(answer: Promise<Answer>): Promise<Answer | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof TemporalFailure && !isCancellation(error)) return null;
    throw error;
  }
}

/**
 * Would whoever repeats the workflow task decide the very same step? Then it can go on record within the
 * task: a repeat writes the same record again. A clock starts at an instant that the history has, and is
 * decided at that instant (workflows/account-case.ts), unless a worker's clock that is ahead stated it; the
 * customer is not told of it.
 */
function isRepeatable(step: CaseAction): boolean {
  return step.type === 'CLOCK_STARTED' && step.startedAt === step.decidedAt;
}

/** Temporal takes no summary of more than 400 bytes; the activity's input has it all. */
const TEXT_MAX = 300;

async function record(
  { leadingUp, step }: RecordSteps,
  summary: CaseSummary,
  accountId: string,
): Promise<RecordAnswer> {
  const info = workflowInfo();
  const request: StepsRequest = {
    accountId,
    caseId: info.firstExecutionRunId,
    caseStartedAt: info.startTime.getTime(),
    workflowId: info.workflowId,
    runId: info.runId,
    leadingUp,
    action: step,
    summary,
  };
  if (isRepeatable(step) && leadingUp.length === 0) {
    const answer = await orNull(recordAtOnce(request));
    if (answer !== null) return answer;
  }
  const text = [...leadingUp, step].map(actionText).join('; ').slice(0, TEXT_MAX);
  return RECORD[step.type].executeWithOptions({ summary: text }, [request]);
}
