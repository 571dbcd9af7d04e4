import type { Role } from '#contracts/roles.ts';

/** Who makes a request. */
export interface Principal {
  readonly subject: string;
  readonly roles: readonly Role[];
}

export type Verification =
  | { readonly ok: true; readonly principal: Principal }
  /** `reason` may be shown to the caller: it says nothing about keys. */
  | { readonly ok: false; readonly reason: string };

/** Tells who a bearer token stands for. */
export interface TokenVerifier {
  verify(token: string): Promise<Verification>;
}
