import type { Readiness } from '#ports/readiness.ts';

/** Ready when all are; else what the first one that is not waits for. */
export function firstNotReady(...all: readonly Readiness[]): Readiness {
  return all.find(({ ready }) => !ready) ?? { ready: true };
}
