import type { AccountCaseInput } from '#contracts/case-messages.ts';
import type { CaseEvent } from '#domain/case-events.ts';
import { EMPTY_INBOX, take, takeBefore } from '#domain/case-inbox.ts';
import { summaryOf } from '#domain/case-summary.ts';
import { nextDeadline } from '#domain/ladder-deadlines.ts';
import { isAtRest, newCase } from '#domain/ladder-state.ts';
import type { LadderState } from '#domain/ladder-state.ts';
import { decide } from '#domain/ladder.ts';
import type { Policy } from '#domain/policy.ts';
import {
  allHandlersFinished,
  condition,
  continueAsNew,
  setCurrentDetails,
  workflowInfo,
} from '@temporalio/workflow';
import { listen } from './case-handlers.ts';
import type { OpenCase } from './case-handlers.ts';
import { casePage } from './case-page.ts';
import { CaseSearchAttributes } from './case-search-attributes.ts';
import { deadlineText } from './case-text.ts';
import { DeadlineTimer } from './deadline-timer.ts';
import { perform, policyInForce } from './case-world.ts';
import { stepsTogether } from './steps-together.ts';
import { recordIfRefused } from './refused-commands.ts';

/** What a run starts with: the first one knows the account only, the next ones what the case knew. */
export interface AccountCaseRun extends AccountCaseInput {
  readonly state?: LadderState;
}

/**
 * The case of one account (DESIGN 9). A thin shell: it waits for a message or the next deadline,
 * asks the ladder (domain/ladder.ts) what to do, does it in order, and shows the result. It never
 * ends; at rest, and when its history has grown, it continues as new.
 */
export async function accountCase(run: AccountCaseRun): Promise<void> {
  const open: OpenCase = {
    state: run.state ?? newCase(run.accountId, workflowInfo().firstExecutionRunId),
    inbox: EMPTY_INBOX,
  };
  const timer = new DeadlineTimer();
  const attributes = new CaseSearchAttributes();
  let restDue = false;
  listen(open);

  /** One event to its end: decisions, their actions in order, and what the actions answer. */
  const handle = async (first: CaseEvent): Promise<void> => {
    let inForce: Policy | null = null;
    let overtaken = 0;
    const waiting: CaseEvent[] = [first];
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const before = next.type === 'READING' ? takeBefore(open.inbox, next, overtaken) : null;
      const event = before?.event ?? next;
      if (before !== null) {
        open.inbox = before.rest;
        if (event.type === 'FIGURES') overtaken += 1;
        else waiting.unshift(next);
      }
      const policy = open.state.policy ?? (inForce ??= await policyInForce());
      const known = open.state;
      const decision = decide(known, event, policy, instantOf(event));
      open.state = decision.state;
      const summary = summaryOf(open.state);
      if (event.type === 'COMMAND') await recordIfRefused(known, open.state, event.command);
      for (const asked of stepsTogether(decision.actions)) {
        const answer = await perform(asked, summary, open.state.accountId);
        if (answer !== null) waiting.push(answer);
      }
    }
  };

  /** Has the case come to rest, or grown, with nothing and nobody waiting? */
  const mayContinueAsNew = (): boolean =>
    (restDue || workflowInfo().continueAsNewSuggested) &&
    take(open.inbox) === null &&
    allHandlersFinished();

  for (;;) {
    const next = nextDeadline(open.state);
    timer.arm(next, next === null ? '' : deadlineText(open.state, next));
    showUnlessNews(attributes, open);
    setCurrentDetails(casePage(open.state, next));
    await condition(() => take(open.inbox) !== null || timer.fired || mayContinueAsNew());

    if (take(open.inbox) !== null || timer.fired) {
      const wasAtRest = isAtRest(open.state);
      // A deadline that has come goes first: no flood of messages may hold it back.
      const taken = timer.fired ? null : take(open.inbox);
      if (taken !== null) open.inbox = taken.rest;
      await handle(taken?.event ?? { type: 'WAKE' });
      restDue = isRestDue(open.state, restDue || !wasAtRest);
    }
    if (mayContinueAsNew()) {
      attributes.show(open.state);
      await continueAsNew<typeof accountCase>({ accountId: run.accountId, state: open.state });
    }
  }
}

/**
 * When an event is decided, Unix ms. What follows from a step that is on record is decided as of then: a
 * repeat of the task decides the same (workflows/case-world.ts). A worker's clock that is ahead must not
 * carry the case along.
 */
function instantOf(event: CaseEvent): number {
  const now = Date.now();
  return 'ackAt' in event ? Math.min(event.ackAt, now) : now;
}

/** What a message that waits already will change is not shown before: each write costs the server. */
function showUnlessNews(attributes: CaseSearchAttributes, { state, inbox }: OpenCase): void {
  if (take(inbox) === null) attributes.show(state);
}

/** Is the case at rest with a history that it came here by? A message that comes just then delays it only. */
function isRestDue(state: LadderState, cameHere: boolean): boolean {
  return isAtRest(state) && cameHere;
}
