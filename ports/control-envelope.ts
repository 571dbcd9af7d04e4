import type {
  ControlCommandContent,
  ControlCommandMessage,
  ControlEnvelopeCheck,
} from '#contracts/control-envelope.ts';
import type { Role } from '#contracts/roles.ts';

/** Puts what a person asks of a scope into an envelope that says who asks. Only the API can. */
export interface ControlCommandSigner {
  seal(content: ControlCommandContent, by: string, role: Role): Promise<ControlCommandMessage>;
}

/** Opens such an envelope. Expected refusals are values. */
export interface ControlCommandVerifier {
  /** `now` is Unix ms. */
  check(message: ControlCommandMessage, now: number): Promise<ControlEnvelopeCheck>;
}
