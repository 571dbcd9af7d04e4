import { InvalidArgumentError } from 'commander';
import { scopeSchema } from '#contracts/scopes.ts';

/** Reads the name of a scope. */
export function scopeArgument(text: string): string {
  const scope = scopeSchema.safeParse(text);
  if (scope.success) return scope.data;
  throw new InvalidArgumentError('It must be GLOBAL, ACCOUNT:x, SYMBOL:x or STRATEGY:x.');
}

/** Where a person looks at a scope. */
export const SEE_THE_SCOPES = '`sentinel killswitch` tells what stands, and by whom.';

/** By field of a body of the control routes. */
export const CONTROL_WORDS = {
  scope: '<scope>',
  reason: '--reason',
  holder: '--holder',
  epoch: '--epoch',
  max_rate_per_second: '--rate',
};
