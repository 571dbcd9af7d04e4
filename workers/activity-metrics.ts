import type { Logger } from '#ports/logger.ts';
import type { Metrics } from '#ports/metrics.ts';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';

/** Measures each attempt of an activity, how long it waited for a worker, and logs what failed. */
export function measureActivities(metrics: Metrics, logger: Logger): ActivityInterceptorsFactory {
  const seconds = metrics.histogram('sentinel_activity_seconds');
  const queueSeconds = metrics.histogram('sentinel_activity_queue_seconds');
  return ({ info }) => ({
    inbound: {
      execute: async (input, next) => {
        const begun = performance.now();
        const activity = info.activityType;
        const waitedMs = Date.now() - info.currentAttemptScheduledTimestampMs;
        queueSeconds.observe({ activity }, Math.max(0, waitedMs) / 1_000);
        let outcome = 'failed';
        try {
          const result = await next(input);
          outcome = 'done';
          return result;
        } catch (error) {
          const { workflowId, runId } = info.workflowExecution ?? {};
          logger.warn(
            {
              event: 'activity_failed',
              ...{ activity, attempt: info.attempt, workflow_id: workflowId, run_id: runId },
              err: error,
            },
            'an activity failed: it is tried again',
          );
          throw error;
        } finally {
          seconds.observe({ activity, outcome }, (performance.now() - begun) / 1_000);
        }
      },
    },
  });
}
