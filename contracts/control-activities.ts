import type {
  ControlAction,
  HolderEvent,
  LooseCommand,
  RestrictCommand,
} from '#domain/controls/control-events.ts';
import type { ControlState } from '#domain/controls/control-state.ts';
import type { ControlCommandMessage, ControlEnvelopeCheck } from './control-envelope.ts';
import type { ControlPolicyData } from './control-policy.ts';
import type { ControlChange } from './control-states.ts';

/** What the workflow of a scope asks the world to do. */
export interface ControlActivities {
  /** The highest version of a scope that any log tells: for a workflow that knows nothing. */
  adoptControls(scope: string): Promise<AdoptedControls>;
  /** What the logs say of a scope after what it covers, each log in its order. */
  readControls(request: ReadControls): Promise<LoggedControls>;
  /** The firm's choices now; runs as a local activity. */
  controlPolicyInForce(): Promise<ControlPolicyData>;
  /** Who gives a command, by its envelope; runs as a local activity. */
  verifyControlCommand(message: ControlCommandMessage): Promise<ControlEnvelopeCheck>;
  /** Writes a decision: the whole set to control.events.v1 when it changed, then each audit event. */
  recordControls(request: ControlRecordRequest): Promise<void>;
}

export interface AdoptedControls {
  /** null when no log knows the scope. */
  readonly state: ControlState | null;
  /** The last change of it, for the records that follow. */
  readonly change: ControlChange | null;
}

/** What a scope has taken in: everything of it up to these offsets. */
export interface ReadControls {
  readonly scope: string;
  readonly coversOffset: number;
  readonly coversRestriction: number;
}

/** A record of killswitch.commands.v1 or restrictions.v1 as a scope takes it, its offset the log's own. */
export interface LoggedControl {
  readonly event: RestrictCommand | LooseCommand | HolderEvent;
  readonly corrId: string;
}

/** LOGGED_MAX at most; the others are read next. */
export interface LoggedControls {
  readonly controls: readonly LoggedControl[];
  readonly hasMore: boolean;
}

export const LOGGED_MAX = 500;

export type ControlAudit = Omit<Extract<ControlAction, { type: 'AUDIT' }>, 'type'>;

/** One decision about a scope. */
export interface ControlRecordRequest {
  /** The scope after it. */
  readonly state: ControlState;
  readonly change: ControlChange;
  /** Has its set changed? */
  readonly publish: boolean;
  readonly audits: readonly ControlAudit[];
  /** The first execution run id of the workflow, and what tells this decision from its others. */
  readonly workflowRunId: string;
  readonly decision: string;
  readonly policyVersion: string;
}
