import type { CommandContent, CommandMessage, EnvelopeCheck } from '#contracts/command-envelope.ts';
import type { Role } from '#contracts/roles.ts';

/** Puts a person's command into an envelope that says who gives it. Only the API can. */
export interface CommandSigner {
  seal(content: CommandContent, by: string, role: Role): Promise<CommandMessage>;
}

/** Opens such an envelope. Expected refusals are values. */
export interface CommandVerifier {
  /** `now` is Unix ms. */
  check(message: CommandMessage, now: number): Promise<EnvelopeCheck>;
}
