import type { LoggedControl, ReadControls } from '#contracts/control-activities.ts';
import type { ControlStateRecord } from '#contracts/control-states.ts';

/** What the control topics say of one scope, read when asked. Rejects when their ends are not reached in time. */
export interface ControlLog {
  /** The highest version of control.events.v1 and killswitch.state.v1; null when neither knows the scope. */
  latest(scope: string): Promise<ControlStateRecord | null>;
  /** Commands of the scope, and of an account what its case put on or took off; each log in its order. */
  after(covered: ReadControls): Promise<readonly LoggedControl[]>;
}
