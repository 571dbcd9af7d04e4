import type { KillSwitchInput } from '#contracts/control-messages.ts';
import { statusOf } from '#domain/controls/control-state.ts';
import { nextTickAt } from '#domain/controls/controls.ts';
import { parseScope } from '#domain/scopes.ts';
import { ApplicationFailure } from '@temporalio/common';
import {
  allHandlersFinished,
  condition,
  continueAsNew,
  setCurrentDetails,
  workflowInfo,
} from '@temporalio/workflow';
import { DeadlineTimer } from './deadline-timer.ts';
import { killSwitchPage } from './kill-switch-page.ts';
import { nothingKnown, OpenScope } from './open-scope.ts';
import type { KnownControls, Told } from './open-scope.ts';
import { adopt, decideAndRecord, takeNews } from './scope-decision.ts';
import { listen } from './scope-handlers.ts';

/** What a run starts with: the first one knows the scope only, the next ones what the scope knew. */
export interface KillSwitchRun extends KillSwitchInput {
  readonly known?: KnownControls;
}

const TICK: Told = { event: { type: 'TICK' }, corrId: 'tick' };

/**
 * The controls of one scope (DESIGN 13 – 16): the only writer of its versions. A thin shell: it waits
 * for news in the logs, for what people ask, or for the end of a request or a cooldown, has
 * domain/controls decide, writes the decision down and goes on. It never ends. One that knows nothing,
 * being the first or started after a loss, takes over what the logs know.
 */
export async function killSwitch({ scope: name, known }: KillSwitchRun): Promise<void> {
  const scope = parseScope(name);
  if (scope === undefined) throw ApplicationFailure.nonRetryable(`${name} names no scope`);
  const open = new OpenScope(known ?? nothingKnown(scope, Date.now()));
  const timer = new DeadlineTimer();
  let restDue = false;
  listen(open);
  if (known === undefined) await adopt(open);

  const mayContinueAsNew = (): boolean =>
    (restDue || workflowInfo().continueAsNewSuggested) && open.isEmpty && allHandlersFinished();

  for (;;) {
    const at = nextTickAt(open.known.state);
    timer.arm(at === null ? null : { kind: 'TICK', at }, 'a request ends, or a cooldown');
    setCurrentDetails(killSwitchPage(open.known.state));
    await condition(() => !open.isEmpty || timer.fired || mayContinueAsNew());
    const wasHeld = isHeld(open.known);
    if (!open.isEmpty || timer.fired) await takeStep(open, timer.fired);
    restDue = !isHeld(open.known) && (restDue || wasHeld);
    if (mayContinueAsNew()) {
      await continueAsNew<typeof killSwitch>({ scope: name, known: open.known });
    }
  }
}

/** The logs come first, so that nothing loosens past a kill that was written before it was decided. */
async function takeStep(open: OpenScope, isDue: boolean): Promise<void> {
  await takeNews(open);
  const told = isDue ? TICK : open.take();
  if (told !== undefined) await decideAndRecord(open, told);
}

/** Is there anything that somebody has to lift? At rest a scope needs no history. */
function isHeld({ state }: KnownControls): boolean {
  return statusOf(state) !== 'ACTIVE' || state.request !== null;
}
