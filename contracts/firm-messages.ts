import type {
  BrakeLimit,
  FirmChange,
  FirmCommand,
  FirmHold,
  StartRequest,
} from '#domain/firm-enforcement.ts';
import type { EnvelopeCheck, FirmCommandMessage, RefusedCommand } from './command-envelope.ts';

/** How the outside talks to the workflow of the firm's enforcement (DESIGN 17): there is one. */

export const FIRM_ENFORCEMENT_WORKFLOW = 'firmEnforcement';
export const FIRM_COMMAND_UPDATE = 'command';
export const ASK_TO_START_UPDATE = 'askToStart';

/** So many cases may ask in one update; more ask in the next. */
export const START_REQUESTS_MAX = 200;

/** The id of the workflow; the prefix lets tests and demos share a server. */
export function firmEnforcementId(prefix: string): string {
  return `${prefix}firm-enforcement`;
}

/** The argument of `askToStart`; it answers with one StartAnswer for each request. */
export interface AskToStart {
  readonly requests: readonly StartRequest[];
  readonly limit: BrakeLimit;
}

/** What the update `command` answers when it was obeyed; a refusal is an ApplicationFailure. */
export interface FirmCommandReply {
  readonly commandId: string;
  readonly outcome: 'DONE' | 'AWAITING_SECOND_PERSON';
  /** What is held after it. */
  readonly holds: readonly FirmHold[];
}

/** What was held when the workflow was lost: a new one begins with it. */
export interface AdoptedHolds {
  readonly version: number;
  readonly holds: readonly FirmHold[];
}

/** What the workflow asks the world to do. Each name is what a reader of the timeline sees. */
export interface FirmActivities {
  adoptHolds(): Promise<AdoptedHolds>;
  /** Who gives a command, by its envelope; runs as a local activity. */
  verifyFirmCommand(message: FirmCommandMessage): Promise<EnvelopeCheck>;
  /** Writes a change to enforcement.v1, to audit.v1 and, of the brake, to alerts.v1. */
  recordFirmChange(request: FirmChangeRequest): Promise<void>;
  recordRefusedFirmCommand(request: RefusedFirmCommandRequest): Promise<void>;
}

export interface FirmChangeRequest {
  readonly change: FirmChange;
  /** The first execution run id of the workflow. */
  readonly firmId: string;
}

/** A command that was not obeyed, for audit.v1. */
export interface RefusedFirmCommandRequest {
  readonly firmId: string;
  /** Tells this refusal from others: a repeated attempt to write it writes the same event. */
  readonly refusalId: string;
  readonly command: Pick<FirmCommand, 'commandId' | 'type' | 'scope'>;
  /** Who gave it; null when no envelope proves that. */
  readonly by: string | null;
  readonly refusal: RefusedCommand;
  /** Unix ms. */
  readonly refusedAt: number;
}
