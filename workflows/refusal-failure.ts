import { ApplicationFailure } from '@temporalio/common';

/** Why a command is refused: what was seen, what the limit is. */
interface Refusal {
  readonly code: string;
  readonly observed: string;
  readonly limit: string;
}

/** A refusal as Temporal carries it: its type is the code, its details the refusal. */
export function failureOf(refusal: Refusal): ApplicationFailure {
  const { code, observed, limit } = refusal;
  return ApplicationFailure.create({
    message: `${code}: ${observed}; ${limit}`,
    type: code,
    nonRetryable: true,
    details: [refusal],
  });
}
