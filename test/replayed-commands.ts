/**
 * Replay does not compare a timer's length, nor what an activity or the next run is given: this tells
 * them to a test.
 */
import { proxySinks } from '@temporalio/workflow';
import type { Sinks, WorkflowInterceptors } from '@temporalio/workflow';

/** A command that a replayed workflow has given. */
export type ReplayedCommand =
  | { readonly kind: 'TIMER'; readonly ms: number }
  | { readonly kind: 'ACTIVITY'; readonly type: string; readonly args: readonly unknown[] }
  | { readonly kind: 'CONTINUE_AS_NEW'; readonly args: readonly unknown[] };

export interface ReplaySinks extends Sinks {
  readonly replay: { readonly given: (command: ReplayedCommand) => void };
}

const { replay } = proxySinks<ReplaySinks>();

export const interceptors = (): WorkflowInterceptors => ({
  outbound: [
    {
      startTimer: (input, next) => {
        replay.given({ kind: 'TIMER', ms: input.durationMs });
        return next(input);
      },
      scheduleActivity: (input, next) => {
        replay.given({ kind: 'ACTIVITY', type: input.activityType, args: input.args });
        return next(input);
      },
      continueAsNew: (input, next) => {
        replay.given({ kind: 'CONTINUE_AS_NEW', args: input.args });
        return next(input);
      },
    },
  ],
});
