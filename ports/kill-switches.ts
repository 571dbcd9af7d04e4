import type { ControlCommandMessage, RefusedControl } from '#contracts/control-envelope.ts';
import type { ControlReply, ControlSignal } from '#contracts/control-messages.ts';

/** What machines tell scopes. */
export interface ControlSignals {
  /**
   * Tells the workflow of a scope, starting it when there is none. Resolves when the server has taken
   * the signal; rejects when it cannot be reached in time: say it again, a repetition changes nothing.
   */
  deliver(scope: string, signal: ControlSignal): Promise<void>;
}

/** What people ask of scopes. */
export interface ControlCommands {
  /**
   * Asks the workflow of the scope, starting it when there is none, and waits for what it comes to.
   * Rejects when the server cannot be reached. Whoever gets no answer says the same again: the
   * command's id is carried out once.
   */
  command(message: ControlCommandMessage): Promise<ControlResult>;
}

export type ControlResult =
  | { readonly kind: 'OBEYED'; readonly reply: ControlReply }
  | { readonly kind: 'REFUSED'; readonly refusal: RefusedControl }
  /** No worker has answered in time; the command may still be carried out until it expires. */
  | { readonly kind: 'UNANSWERED' };
