import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { COMMAND_LIFETIME_MS } from '#contracts/command-envelope.ts';
import { CONTROL_COMMAND_ROLES } from '#contracts/control-envelope.ts';
import type { ControlCommandContent, UnprovedControlCommand } from '#contracts/control-envelope.ts';
import {
  approvalRequestSchema,
  unkilledSchema,
  unkillRequestSchema,
} from '#contracts/control-rest.ts';
import type { ListedScope, Unkilled } from '#contracts/control-rest.ts';
import { encodeControlState } from '#contracts/control-states.ts';
import { hasRole } from '#contracts/roles.ts';
import { id } from '#contracts/wire.ts';
import type { ControlMode } from '#domain/controls/control-state.ts';
import type { ControlResult } from '#ports/kill-switches.ts';
import { commandIdOf } from './command-id.ts';
import { controlRefusal } from './control-refusal.ts';
import { livingLeases } from './control-desk.ts';
import { ask } from './dependency.ts';
import type { Asked } from './dependency.ts';
import { meantHolder } from './meant-holder.ts';
import { repeatableObject, requiredObject } from './object-body.ts';
import { otherOperator } from './operator-field.ts';
import { unavailable } from './problem.ts';
import type { Problem } from './problem.ts';
import { noAnswer } from './refusal-problem.ts';
import { NO_FIELDS, route } from './route.ts';
import type { Reply, RequestFacts, Route } from './route.ts';
import type { ApiServices } from './services.ts';
import { stoppedScopes, wayOut } from './stopped-scopes.ts';
import { unsharedRate } from './throttle-rate.ts';

/** What loosens a scope: people alone, signed, for the epoch that they saw (DESIGN 15, 16). */

/**
 * So long an answer waits at most for what it tells to be read here too: who was told of a request can
 * approve it. Without a projector it is true all the same.
 */
const SHOWN_MS_MAX = 2_000;

type UnkillBody = z.infer<typeof unkillRequestSchema>;

const unkill = route({
  method: 'post',
  path: '/unkill',
  operationId: 'unkillScope',
  summary: 'Lifts or loosens what a holder put on a scope, or asks for it',
  description:
    'Where policy asks for two persons it answers with WAITS_FOR_APPROVAL and a request_id. A kill ' +
    'since the epoch that was seen refuses it. The same request with the same Idempotency-Key is carried out once.',
  role: CONTROL_COMMAND_ROLES.LIFT,
  parameters: NO_FIELDS,
  query: NO_FIELDS,
  body: repeatableObject(unkillRequestSchema),
  answers: { status: 200, description: 'What it came to', schema: unkilledSchema },
  problems: ['control-conflict', 'no-answer'],
  handle: async ({ body, ...facts }, services) => {
    const { scope, max_rate_per_second: rate } = body;
    const wrong =
      otherOperator(body.operator, facts.principal) ??
      unsharedRate(scope, rate, services.partitions);
    if (wrong !== null) return wrong;
    const seen = await heldState(body, services);
    if (!seen.ok) return seen.problem;
    const early = notYetShown(body, seen.value);
    if (early !== null) return early;
    const meant = meantHolder(body, seen.value);
    if ('kind' in meant) return explained(meant, scope, services);
    return tell(body.scope, body, facts, services, (commandId) => ({
      type: 'LIFT',
      commandId,
      holder: meant.holder,
      to: modeIn(body),
      epoch: meant.epoch,
      reason: body.reason,
    }));
  },
});

const approve = route({
  method: 'post',
  path: '/approvals/{request_id}',
  operationId: 'approveRequest',
  summary: 'Approves, as the second person, exactly what the first asked',
  description:
    'Refused for anything else than was asked (scope, epoch, reason), after its end, and to whoever asked.',
  role: CONTROL_COMMAND_ROLES.APPROVE,
  parameters: z.strictObject({ request_id: id }),
  query: NO_FIELDS,
  body: requiredObject(approvalRequestSchema),
  answers: { status: 200, description: 'What it came to', schema: unkilledSchema },
  problems: ['control-conflict', 'no-answer', 'not-found'],
  handle: async ({ parameters, body, ...facts }, services) => {
    const { request_id: requestId } = parameters;
    const read = await statesRead(services);
    if (!read.ok) return read.problem;
    const found = services.controls.book
      .states()
      .find(({ request }) => request?.request_id === requestId);
    if (found === undefined) {
      return { kind: 'not-found', detail: `Nothing waits for approval as ${requestId}.` };
    }
    const said = { ...body, request_id: requestId };
    return tell(body.scope, said, facts, services, (commandId) => ({
      type: 'APPROVE',
      commandId,
      requestId,
      epoch: body.epoch,
      reason: body.reason,
    }));
  },
});

export const UNKILL_ROUTES: readonly Route[] = [unkill, approve];

/** Every state that there is has been read. */
function statesRead({ controls, logger }: ApiServices): Promise<Asked<void>> {
  return ask(controls.book.statesRead(), 'The controls cannot be read from Kafka.', logger);
}

/** Who finds nothing to lift may have come for what nobody holds: a control that cannot be read. */
function explained(problem: Problem, scope: string, { controls, clock }: ApiServices): Problem {
  const [stopped] = stoppedScopes(livingLeases(controls.book, clock.now())).filter(
    (one) => one.scope === scope,
  );
  if (stopped === undefined) return problem;
  return { ...problem, detail: `${problem.detail} ${wayOut(stopped)}` };
}

/** As gates hold it. Who names no epoch waits a little for a state that covers what was told. */
async function heldState(
  { scope, epoch }: UnkillBody,
  services: ApiServices,
): Promise<Asked<ListedScope | null>> {
  const { book } = services.controls;
  const read = await statesRead(services);
  if (!read.ok) return read;
  if (epoch === undefined) await book.toldCovered(scope, SHOWN_MS_MAX);
  return { ok: true, value: book.listed(scope) };
}

/** What was put on since the last state is not lifted unseen: the person names its epoch, or waits. */
function notYetShown(
  { scope, holder, epoch }: UnkillBody,
  state: ListedScope | null,
): Problem | null {
  if (state === null || epoch !== undefined) return null;
  const early = state.holders.find(
    ({ name, epoch: of }) =>
      of !== null && state.told.includes(of) && (holder === undefined || holder === name),
  );
  if (early === undefined) return null;
  const what = `what ${early.name} put on ${scope} at epoch ${String(early.epoch)}`;
  return unavailable(
    `The kill or throttle, ${what}, stands at the gates and has not reached the state yet: try again.`,
  );
}

function modeIn({ to, max_rate_per_second: rate }: UnkillBody): ControlMode | null {
  if (to === undefined) return null;
  return to === 'THROTTLE' ? { kind: to, maxRatePerSecond: rate ?? 0 } : { kind: to };
}

async function tell(
  scope: string,
  body: object,
  facts: RequestFacts,
  services: ApiServices,
  commandOf: (commandId: string) => UnprovedControlCommand,
): Promise<Reply | Problem> {
  const { principal, receivedAt, correlationId } = facts;
  const { controls } = services;
  const key = facts.idempotencyKey ?? randomUUID();
  const commandId = commandIdOf([key, principal.subject, scope], body);
  const content: ControlCommandContent = {
    scope,
    command: commandOf(commandId),
    corrId: correlationId,
    expiresAt: receivedAt + COMMAND_LIFETIME_MS,
  };
  const repeat = { key, commandId, expiresAt: content.expiresAt };
  const result = await send(content, facts, services);
  if (!result.ok) return noAnswer('unavailable', 'The scopes cannot be reached.', repeat);
  switch (result.value.kind) {
    case 'REFUSED':
      return controlRefusal(result.value.refusal, commandId);
    case 'UNANSWERED':
      return noAnswer('no-answer', 'The scope has not answered in time.', repeat);
    case 'OBEYED': {
      const { answer, state, change } = result.value.reply;
      await controls.book.stateShown(scope, state.version, SHOWN_MS_MAX);
      const waits = answer.is === 'WAITS_FOR_APPROVAL';
      const json: Unkilled = {
        command_id: commandId,
        outcome: waits ? 'WAITS_FOR_APPROVAL' : 'LIFTED',
        by: principal.subject,
        request_id: waits ? answer.requestId : null,
        expires_at: waits ? answer.expiresAt : null,
        state: encodeControlState(state, change),
      };
      return { status: 200, json };
    }
  }
}

async function send(
  content: ControlCommandContent,
  { principal }: RequestFacts,
  { controls, logger }: ApiServices,
): Promise<Asked<ControlResult>> {
  const needed = CONTROL_COMMAND_ROLES[content.command.type];
  const role = principal.roles.find((held) => hasRole([held], needed)) ?? needed;
  const message = await controls.signer.seal(content, principal.subject, role);
  const asked = await ask(controls.scopes.command(message), 'the scopes cannot be reached', logger);
  const { type, commandId } = content.command;
  const by = principal.subject;
  const result = asked.ok ? asked.value.kind : 'AWAY';
  const fields = { scope: content.scope, command: type, command_id: commandId, by, result };
  logger.info(fields, 'a person told a scope something');
  return asked;
}
