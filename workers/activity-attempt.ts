import { AsyncLocalStorage } from 'node:async_hooks';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';

const attempts = new AsyncLocalStorage<number>();

/** Lets what an activity calls know which attempt it is part of. */
export const knowAttempt: ActivityInterceptorsFactory = ({ info }) => ({
  inbound: {
    execute: (input, next) => attempts.run(info.attempt, () => next(input)),
  },
});

/** Has the activity that is under way been begun before? Outside of activities: no. */
export function isRepeatedAttempt(): boolean {
  return (attempts.getStore() ?? 1) > 1;
}
