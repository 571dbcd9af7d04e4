import type { AccountCaseInput } from '#contracts/case-messages.ts';
import type { CaseEvent } from '#domain/case-events.ts';
import { EMPTY_INBOX, put, take } from '#domain/case-inbox.ts';
import { summaryOf } from '#domain/case-summary.ts';
import { nextDeadline } from '#domain/ladder-deadlines.ts';
import { newCase } from '#domain/ladder-state.ts';
import type { LadderState } from '#domain/ladder-state.ts';
import { decide } from '#domain/ladder.ts';
import type { Policy } from '#domain/policy.ts';
import {
  allHandlersFinished,
  condition,
  continueAsNew,
  log,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { casePage } from './case-page.ts';
import { CaseSearchAttributes } from './case-search-attributes.ts';
import {
  acknowledge,
  machineEvent,
  parseAcknowledgement,
  parseMachineEvent,
} from './case-signals.ts';
import { deadlineText } from './case-text.ts';
import { CaseTimer } from './case-timer.ts';
import { perform, policyInForce } from './case-world.ts';

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
  let state = run.state ?? newCase(run.accountId, workflowInfo().firstExecutionRunId);
  let inbox = EMPTY_INBOX;
  const timer = new CaseTimer();
  const attributes = new CaseSearchAttributes();
  let restDue = false;

  setHandler(
    machineEvent,
    (payload: unknown) => {
      const event = parseMachineEvent(payload);
      if (event === null) log.warn('a machine event of unknown shape was ignored');
      else inbox = put(inbox, event);
    },
    { description: 'For machines: new figures or an execution.' },
  );
  setHandler(
    acknowledge,
    (payload: unknown) => {
      inbox = put(inbox, parseAcknowledgement(payload, Date.now()));
    },
    {
      description:
        'Records who has seen the case: {"by": "your name", "note": "optional"}. Changes no timer.',
    },
  );

  for (;;) {
    const next = nextDeadline(state);
    timer.arm(next, next === null ? '' : deadlineText(state, next));
    attributes.show(state);
    setCurrentDetails(casePage(state, next));
    await condition(() => take(inbox) !== null || timer.fired);

    const wasActive = state.rung === 'ACTIVE';
    // A deadline that has come goes first: no flood of messages may hold it back.
    const taken = timer.fired ? null : take(inbox);
    if (taken !== null) inbox = taken.rest;
    state = await handle(state, taken?.event ?? { type: 'WAKE' });

    restDue = isRestDue(state, restDue || !wasActive);
    if ((restDue || workflowInfo().continueAsNewSuggested) && take(inbox) === null) {
      attributes.show(state);
      await condition(allHandlersFinished);
      await continueAsNew<typeof accountCase>({ accountId: run.accountId, state });
    }
  }
}

/** Is the case at rest with a history that it came here by? A message that comes just then delays it only. */
function isRestDue(state: LadderState, cameHere: boolean): boolean {
  return state.rung === 'ACTIVE' && cameHere;
}

/** One event to its end: decisions, their actions in order, and what the actions answer. */
async function handle(before: LadderState, first: CaseEvent): Promise<LadderState> {
  let state = before;
  let inForce: Policy | null = null;
  const waiting: CaseEvent[] = [first];
  for (let event = waiting.shift(); event !== undefined; event = waiting.shift()) {
    const policy = state.policy ?? (inForce ??= await policyInForce());
    const decision = decide(state, event, policy, Date.now());
    state = decision.state;
    const summary = summaryOf(state);
    for (const action of decision.actions) {
      const answer = await perform(action, summary, state.accountId);
      if (answer !== null) waiting.push(answer);
    }
  }
  return state;
}
