import { z } from 'zod';

/**
 * Who may do what. `feed` writes market and account input and reads nothing; `viewer` reads;
 * `operator` reads and works on cases; `approver` does what an operator does and releases.
 */
export const ROLES = ['viewer', 'feed', 'operator', 'approver'] as const;
export const roleSchema = z.enum(ROLES);
export type Role = z.infer<typeof roleSchema>;

/** The roles that a holder of the key acts with. */
const INCLUDES: Readonly<Record<Role, readonly Role[]>> = {
  viewer: ['viewer'],
  feed: ['feed'],
  operator: ['operator', 'viewer'],
  approver: ['approver', 'operator', 'viewer'],
};

/** Does a holder of `held` act with `needed`? */
export function hasRole(held: readonly Role[], needed: Role): boolean {
  return held.some((role) => INCLUDES[role].includes(needed));
}

/** The claims that tokens of this product carry. */
export const TOKEN_ISSUER = 'margin-sentinel';
export const TOKEN_AUDIENCE = 'margin-sentinel-api';
