import type { CancelsConfirmed, ControlAnswer } from '#domain/controls/control-events.ts';
import type { ControlState } from '#domain/controls/control-state.ts';
import type { ControlChange } from './control-states.ts';

/** How the outside talks to the workflow of a scope: names and messages. */

export const KILL_SWITCH_WORKFLOW = 'killSwitch';
export const CONTROL_EVENT_SIGNAL = 'machineEvent';
export const CONTROL_COMMAND_UPDATE = 'command';

/** Task queue of the scopes' workflows, after the environment's prefix; cases have another. */

/** The id of a scope's workflow; the prefix lets tests and demos share a server. */
export function killSwitchId(prefix: string, scope: string): string {
  return `${prefix}kill-switch:${scope}`;
}

/** What the workflow is started with. */
export interface KillSwitchInput {
  /** The scope's name. */
  readonly scope: string;
}

/**
 * What machines tell a scope: the payload of the signal. Of the logs only that there is something to
 * read: what it says, and where it lies, the scope reads there (docs/decisions/controls.md).
 */
export type ControlSignal = LoggedNews | CancelsConfirmed;

/** The log has a record of the scope at `offset`. */
export interface LoggedNews {
  readonly type: 'LOGGED';
  readonly topic: 'killswitch.commands.v1' | 'restrictions.v1';
  readonly offset: number;
}

/** What the update `command` answers when the scope obeyed; a refusal is an ApplicationFailure. */
export interface ControlReply {
  readonly commandId: string;
  readonly answer: Exclude<ControlAnswer, { readonly is: 'REFUSED' }>;
  /** The scope right after it, and its last change. */
  readonly state: ControlState;
  readonly change: ControlChange;
}
