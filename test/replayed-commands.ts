/**
 * Replay does not compare a timer's length, nor what an activity or the next run is given: this tells
 * them to a test.
 */
import { proxySinks, workflowInfo } from '@temporalio/workflow';
import type { Sinks, WorkflowInterceptors } from '@temporalio/workflow';

/** A command that a replayed workflow has given. */
export type ReplayedCommand =
  | { readonly kind: 'TIMER'; readonly ms: number }
  | { readonly kind: 'ACTIVITY'; readonly type: string; readonly args: readonly unknown[] }
  /** What it was given is not in the history. */
  | { readonly kind: 'LOCAL_ACTIVITY'; readonly type: string }
  | { readonly kind: 'CONTINUE_AS_NEW'; readonly args: readonly unknown[] };

export interface ReplaySinks extends Sinks {
  readonly replay: {
    readonly given: (command: ReplayedCommand) => void;
    /** A timer of so many ms was cancelled in the task that set it: the server has never heard of it. */
    readonly withdrawn: (ms: number) => void;
  };
}

const { replay } = proxySinks<ReplaySinks>();

export const interceptors = (): WorkflowInterceptors => ({
  outbound: [
    {
      startTimer: async (input, next) => {
        const task = workflowInfo().historyLength;
        replay.given({ kind: 'TIMER', ms: input.durationMs });
        try {
          await next(input);
        } catch (error) {
          if (workflowInfo().historyLength === task) replay.withdrawn(input.durationMs);
          throw error;
        }
      },
      scheduleActivity: (input, next) => {
        replay.given({ kind: 'ACTIVITY', type: input.activityType, args: input.args });
        return next(input);
      },
      scheduleLocalActivity: (input, next) => {
        replay.given({ kind: 'LOCAL_ACTIVITY', type: input.activityType });
        return next(input);
      },
      continueAsNew: (input, next) => {
        replay.given({ kind: 'CONTINUE_AS_NEW', args: input.args });
        return next(input);
      },
    },
  ],
});
