import type { CommandReply } from '#contracts/case-messages.ts';
import type { CommandMessage, RefusedCommand } from '#contracts/command-envelope.ts';
import type { MachineEvent } from '#domain/case-events.ts';
import type { AcknowledgedFigures } from '#domain/edges.ts';

/** What people may ask of a case. */
export interface CaseCommands {
  /**
   * Records who saw the case and when; changes no timer. `at` is Unix ms. NO_CASE: the account has
   * none. Rejects when the case's server cannot be reached in time.
   */
  acknowledge(acknowledgement: Acknowledgement): Promise<'RECORDED' | 'NO_CASE'>;
  /**
   * Tells the account's case a command in its envelope, and waits for what it comes to; never starts
   * a case. Rejects when the case's server cannot be reached. Whoever gets no answer says the same
   * again: the command's id is carried out once.
   */
  command(message: CommandMessage): Promise<CommandResult>;
}

export type CommandResult =
  | { readonly kind: 'OBEYED'; readonly reply: CommandReply }
  | { readonly kind: 'REFUSED'; readonly refusal: RefusedCommand }
  | { readonly kind: 'NO_CASE' }
  /** No worker has answered in time; the command may still be carried out until it expires. */
  | { readonly kind: 'UNANSWERED' };

export interface Acknowledgement {
  readonly accountId: string;
  /** The subject of the caller's token. */
  readonly by: string;
  readonly at: number;
  readonly note: string | null;
}

/** What machines tell cases. */
export interface CaseSignals {
  /**
   * Tells the account's case, starting it when there is none. Resolves when the server has taken the
   * signal; rejects when it cannot be reached in time: say it again, a repeated event changes nothing.
   */
  deliver(accountId: string, event: MachineEvent): Promise<void>;
  /** What each open case has seen last: for the sweep. A few seconds behind, in no order. */
  acknowledged(): AsyncIterable<AcknowledgedCase>;
}

export interface AcknowledgedCase extends AcknowledgedFigures {
  readonly accountId: string;
}
