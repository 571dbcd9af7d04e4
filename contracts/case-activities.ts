import type { OrdersWithheldEvent, Reading, ReadingRequest } from '#domain/case-events.ts';
import type { CaseSummary } from '#domain/case-summary.ts';
import type { CaseAction } from '#domain/ladder-actions.ts';
import type { Policy } from '#domain/policy.ts';
import type { CommandMessage, EnvelopeCheck } from './command-envelope.ts';
import type { RefusedCommandRequest } from './refused-command.ts';

/** What an account case asks the world to do. Each name is what a reader of the timeline sees. */
export interface CaseActivities {
  /** Runs as a local activity. */
  policyInForce(): Promise<Policy>;
  /** What can be read with next to no wait; runs as a local activity. */
  glanceAtFigures(request: ReadingRequest): Promise<Reading>;
  readFigures(request: ReadingRequest): Promise<Reading>;
  /** Who gives a command, by its envelope; runs as a local activity. */
  verifyCommand(message: CommandMessage): Promise<EnvelopeCheck>;
  recordRefusedCommand(request: RefusedCommandRequest): Promise<void>;
  warnCustomer: RecordActivity;
  issueMarginCall: RecordActivity;
  renotifyMarginCall: RecordActivity;
  declarePastDue: RecordActivity;
  restrictToCloseOnly: RecordActivity;
  triggerLiquidation: RecordActivity;
  sendLiquidationOrders: RecordActivity;
  cancelLiquidationOrders: RecordActivity;
  confirmCallMet: RecordActivity;
  completeLiquidation: RecordActivity;
  liftRestriction: RecordActivity;
  recordInAudit: RecordActivity;
}

/**
 * Writes an action, after those of its decision that lead up to it, to its topic and to audit.v1, tells
 * the customer, and says when the action itself was on record.
 */
export type RecordActivity = (request: StepsRequest) => Promise<RecordAnswer>;

export interface StepsRequest extends RecordRequest {
  readonly leadingUp: readonly CaseAction[];
}

export interface RecordRequest {
  readonly accountId: string;
  /** The first execution run id of the case. */
  readonly caseId: string;
  /** When the present run of the case started, Unix ms: later runs start later, also after a loss. */
  readonly caseStartedAt: number;
  readonly workflowId: string;
  readonly runId: string;
  readonly action: CaseAction;
  /** The case after the decision that the action belongs to. */
  readonly summary: CaseSummary;
}

export interface RecordAnswer {
  /** Unix ms. */
  readonly ackAt: number;
  /** Orders that were not written, for the firm holds what they would trade. */
  readonly withheld?: Pick<OrdersWithheldEvent, 'orderIds' | 'reason' | 'mayBeOut'>;
}
