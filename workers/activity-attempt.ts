import { AsyncLocalStorage } from 'node:async_hooks';
import type { ActivityAttempt } from '#ports/activity-attempt.ts';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';

const attempts = new AsyncLocalStorage<ActivityAttempt>();

/** Lets what an activity calls know which attempt it is part of. */
export const knowAttempt: ActivityInterceptorsFactory = ({ info }) => ({
  inbound: {
    execute: (input, next) => {
      const { attempt, currentAttemptScheduledTimestampMs: scheduledAt } = info;
      return attempts.run({ isRepeated: attempt > 1, scheduledAt }, () => next(input));
    },
  },
});

/** The attempt that is under way; outside of activities a first one without a time. */
export function activityAttempt(): ActivityAttempt {
  return attempts.getStore() ?? { isRepeated: false, scheduledAt: null };
}
