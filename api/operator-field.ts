import type { Principal } from '#ports/identity.ts';
import { fieldProblem } from './problem.ts';
import type { Problem } from './problem.ts';

/** The reference's field `operator` may stand in a body; who it is, the token says alone. */
export function otherOperator(
  operator: string | undefined,
  { subject }: Principal,
): Problem | null {
  if (operator === undefined || operator === subject) return null;
  const detail = `must be ${subject}, the subject of the token, or left out`;
  return fieldProblem('invalid-fields', [{ pointer: '#/operator', detail }]);
}
