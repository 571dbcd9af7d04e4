import { z } from 'zod';
import { parseScope } from '#domain/scopes.ts';
import type { Scope } from '#domain/scopes.ts';
import { ID_PATTERN } from './wire.ts';

/** A scope's name as the control topics have it for a key: its id is one of the wire's (ID_PATTERN). */
const NAME = new RegExp(
  `^(?:GLOBAL|(?:ACCOUNT|SYMBOL|STRATEGY):${ID_PATTERN.source.slice(1, -1)})$`,
);

/** `GLOBAL`, `ACCOUNT:x`, `SYMBOL:x` or `STRATEGY:x`. */
export const scopeSchema = z
  .string()
  .regex(NAME, 'must be GLOBAL, ACCOUNT:x, SYMBOL:x or STRATEGY:x')
  .meta({ pattern: NAME.source });

/** The scope of a name that `scopeSchema` has passed. */
export function decodeScope(name: string): Scope {
  const scope = parseScope(name);
  if (scope === undefined) throw new Error(`${name} names no scope`);
  return scope;
}

/** The account of an account's scope; null for every other. */
export function accountOfScope(name: string): string | null {
  const scope = parseScope(name);
  return scope?.kind === 'ACCOUNT' ? scope.id : null;
}
