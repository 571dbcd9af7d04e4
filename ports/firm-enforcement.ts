import type { FirmCommandMessage, RefusedCommand } from '#contracts/command-envelope.ts';
import type { FirmCommandReply } from '#contracts/firm-messages.ts';
import type { BrakeLimit, FirmHold, StartAnswer, StartRequest } from '#domain/firm-enforcement.ts';

/** What a case has to know of the firm before it goes on (DESIGN 17). */
export interface FirmWatch {
  /** What is held, by a reading that began after the call; rejects when that cannot be proved. */
  holds(): Promise<readonly FirmHold[]>;
  /** May this liquidation start? Rejects when the brake does not answer in time. */
  askToStart(request: StartRequest, limit: BrakeLimit): Promise<StartAnswer>;
}

/** Where people command the firm's enforcement. */
export interface FirmDesk {
  /**
   * Tells a command in its envelope and waits for what it comes to. Rejects when the server cannot be
   * reached. Whoever gets no answer says the same again: the command's id is carried out once.
   */
  command(message: FirmCommandMessage): Promise<FirmCommandResult>;
}

export type FirmCommandResult =
  | { readonly kind: 'OBEYED'; readonly reply: FirmCommandReply }
  | { readonly kind: 'REFUSED'; readonly refusal: RefusedCommand }
  /** No worker has answered in time; the command may still be carried out until it expires. */
  | { readonly kind: 'UNANSWERED' };
