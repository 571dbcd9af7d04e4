import type { ControlAudit } from '#contracts/control-activities.ts';
import { answerTo, withAnswer } from '#domain/controls/control-answers.ts';
import type { GivenAnswer } from '#domain/controls/control-answers.ts';
import type { ControlAnswer, LiftApproved, LiftAsked } from '#domain/controls/control-events.ts';
import { refusedLift } from '#domain/controls/control-refusals.ts';
import type { ControlState } from '#domain/controls/control-state.ts';
import { decideControls } from '#domain/controls/controls.ts';
import { scopeName } from '#domain/scopes.ts';
import { workflowInfo } from '@temporalio/workflow';
import {
  adoptControls,
  controlPolicyInForce,
  readControls,
  recordControls,
} from './kill-switch-world.ts';
import type { OpenScope, Told } from './open-scope.ts';

/** One event of a scope to its end: decided, on record, and only then answered. */
export async function decideAndRecord(open: OpenScope, { event, corrId }: Told): Promise<void> {
  const asked = isAsked(event) ? event : null;
  if (asked !== null && answerTo(open.known.answers, commandIdOf(asked)) !== null) return;
  const policy = await controlPolicyInForce();
  const now = Date.now();
  const before = open.known;
  const rules = {
    ...policy,
    twoPersons: (of: ControlState['scope']) => policy.twoPersonKinds.includes(of.kind),
  };
  const step = decideControls(before.state, event, rules, now);
  const audits = step.actions.filter((action) => action.type === 'AUDIT');
  const publish = step.actions.some(({ type }) => type === 'PUBLISH');
  const { reason, subject, askedBy, commandId } = audits[0] ?? MACHINE;
  const actor = askedBy === null ? subject : `${askedBy}, ${subject}`;
  const change = { reason, actor, commandId, corrId, at: now };
  open.known = {
    ...before,
    state: step.state,
    change: publish ? change : before.change,
    decisions: before.decisions + 1,
  };
  if (publish || audits.length > 0) {
    const decision = String(open.known.decisions);
    await recordControls({
      state: step.state,
      change,
      publish,
      audits,
      workflowRunId: workflowInfo().firstExecutionRunId,
      decision,
      policyVersion: policy.version,
    });
  }
  if (asked === null) return;
  const answers = withAnswer(before.answers, given(asked, step.answer, before.state));
  open.known = { ...open.known, answers };
}

/** What a change is put down to that leaves no audit event: cancels that were confirmed. */
const MACHINE: ControlAudit = {
  what: 'REPEATED',
  reason: 'working orders are cancelled',
  subject: 'venue',
  askedBy: null,
  commandId: 'cancels-confirmed',
};

/** Takes over the last version of a scope that the logs know, when nothing is known of it here. */
export async function adopt(open: OpenScope): Promise<void> {
  const { state, change } = await adoptControls(scopeName(open.known.state.scope));
  if (state !== null && change !== null) open.known = { ...open.known, state, change };
}

/**
 * Takes in what the logs say and the scope does not cover yet: whatever a signal claims, a scope covers
 * no offset that the log does not have.
 */
export async function takeNews(open: OpenScope): Promise<void> {
  for (;;) {
    open.readsNews();
    const { scope, coversOffset, coversRestriction } = open.known.state;
    const covered = { scope: scopeName(scope), coversOffset, coversRestriction };
    const { controls, hasMore } = await readControls(covered);
    for (const told of controls) await decideAndRecord(open, told);
    if (!hasMore) return;
  }
}

function isAsked(event: Told['event']): event is LiftAsked | LiftApproved {
  return event.type === 'LIFT_ASKED' || event.type === 'LIFT_APPROVED';
}

/** The id of the person's command: a request is named by the command that asked for it. */
function commandIdOf(asked: LiftAsked | LiftApproved): string {
  return asked.type === 'LIFT_ASKED' ? asked.requestId : asked.approvalId;
}

function given(
  asked: LiftAsked | LiftApproved,
  answer: ControlAnswer,
  before: ControlState,
): GivenAnswer {
  const commandId = commandIdOf(asked);
  if (answer.is !== 'REFUSED') return { commandId, answer };
  return { commandId, answer: { is: 'REFUSED', ...refusedLift(answer.code, asked, before) } };
}
