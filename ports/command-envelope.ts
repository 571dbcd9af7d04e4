import type {
  CommandContent,
  CommandMessage,
  EnvelopeCheck,
  FirmCommandContent,
  FirmCommandMessage,
} from '#contracts/command-envelope.ts';
import type { Role } from '#contracts/roles.ts';

/** Puts a person's command into an envelope that says who gives it. Only the API can. */
export interface CommandSigner {
  seal<Content extends CommandContent | FirmCommandContent>(
    content: Content,
    by: string,
    role: Role,
  ): Promise<Content & { readonly envelope: string }>;
}

/** Opens such an envelope. Expected refusals are values. */
export interface CommandVerifier {
  /** `now` is Unix ms. */
  check(message: CommandMessage | FirmCommandMessage, now: number): Promise<EnvelopeCheck>;
}
