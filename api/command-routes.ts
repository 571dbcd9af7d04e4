import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { CommandReply } from '#contracts/case-messages.ts';
import { COMMAND_LIFETIME_MS, COMMAND_ROLES } from '#contracts/command-envelope.ts';
import type { CommandContent, UnprovedCommand } from '#contracts/command-envelope.ts';
import {
  commandedSchema,
  cureRequestSchema,
  extendRequestSchema,
  holdRequestSchema,
  releaseRequestSchema,
  resumeRequestSchema,
} from '#contracts/command-rest.ts';
import type { Commanded } from '#contracts/command-rest.ts';
import type { FieldError } from '#contracts/rest.ts';
import { hasRole } from '#contracts/roles.ts';
import { fromE4, id, toE4 } from '#contracts/wire.ts';
import { commandTimes } from '#domain/input-times.ts';
import type { CommandResult } from '#ports/cases.ts';
import { commandIdOf } from './command-id.ts';
import { ask } from './dependency.ts';
import { repeatableObject } from './object-body.ts';
import { fieldProblem } from './problem.ts';
import type { Problem } from './problem.ts';
import { noAnswer, refusalProblem } from './refusal-problem.ts';
import { NO_FIELDS, route } from './route.ts';
import type { Reply, RequestFacts, Route } from './route.ts';
import type { ApiServices } from './services.ts';
import { timeErrors } from './time-errors.ts';

/** What people tell a case (DESIGN 16): one route for each command. */

interface Said {
  readonly episode?: number | undefined;
}

/** A command as REST takes it. */
interface Verb<Body extends z.ZodType<Said>> {
  readonly word: string;
  readonly type: UnprovedCommand['type'];
  readonly summary: string;
  readonly description: string;
  readonly body: Body;
  /** The command that the body states. */
  readonly commandOf: (body: z.infer<Body>, common: Common) => UnprovedCommand;
  /** The body's instant that has to be one of the near future. */
  readonly instantOf?: (body: z.infer<Body>) => { readonly field: string; readonly at: number };
}

interface Common {
  readonly commandId: string;
  readonly at: number;
  readonly episode: number;
}

const TWO_PERSONS =
  'Where two persons are needed the first is answered with AWAITING_SECOND_PERSON; the second has to be another.';

export const COMMAND_ROUTES: readonly Route[] = [
  commandRoute({
    word: 'cure',
    type: 'PENDING_FUNDS',
    summary: 'Records funds on their way: they hold escalation, and waive nothing',
    description:
      'At expires_at, still deficient, the case goes on at once from the same rung; its due instant has not moved. Once per call.',
    body: cureRequestSchema,
    commandOf: ({ amount, evidence, expires_at }, common) => ({
      ...common,
      type: 'PENDING_FUNDS',
      amountE4: toE4(amount),
      evidence,
      fundsExpireAt: expires_at,
    }),
    instantOf: ({ expires_at }) => ({ field: 'expires_at', at: expires_at }),
  }),
  commandRoute({
    word: 'extend',
    type: 'EXTEND',
    summary: 'Moves the due instant of a call, within policy',
    description: "Beyond the policy's limit the examining authority's reference is needed.",
    body: extendRequestSchema,
    commandOf: ({ due_at, reason, authority_reference }, common) => ({
      ...common,
      type: 'EXTEND',
      dueAt: due_at,
      reason,
      authorityReference: authority_reference ?? null,
    }),
    instantOf: ({ due_at }) => ({ field: 'due_at', at: due_at }),
  }),
  commandRoute({
    word: 'release',
    type: 'RELEASE',
    summary: 'Lets a liquidation go that waits for people',
    description: TWO_PERSONS,
    body: releaseRequestSchema,
    commandOf: ({ reason }, common) => ({ ...common, type: 'RELEASE', reason }),
  }),
  commandRoute({
    word: 'hold',
    type: 'HOLD',
    summary: 'Holds every escalation of the account at once',
    description: 'One person is enough. Cures go on.',
    body: holdRequestSchema,
    commandOf: ({ reason }, common) => ({ ...common, type: 'HOLD', reason }),
  }),
  commandRoute({
    word: 'resume',
    type: 'RESUME',
    summary: 'Ends a hold; takes two different persons',
    description: TWO_PERSONS,
    body: resumeRequestSchema,
    commandOf: ({ reason }, common) => ({ ...common, type: 'RESUME', reason }),
  }),
];

function commandRoute<Body extends z.ZodType<Said>>(verb: Verb<Body>): Route {
  return route({
    method: 'post',
    path: `/accounts/{account_id}/${verb.word}`,
    operationId: `${verb.word}Case`,
    summary: verb.summary,
    description:
      `${verb.description} The same request with the same Idempotency-Key is carried out once. ` +
      `After a 503 or 504 it may still be carried out until the instant named: repeat it with the key named.`,
    role: COMMAND_ROLES[verb.type],
    parameters: z.strictObject({ account_id: id }),
    query: NO_FIELDS,
    body: repeatableObject(verb.body),
    answers: { status: 200, description: 'What it came to', schema: commandedSchema },
    problems: ['command-conflict', 'no-answer'],
    handle: ({ parameters, body, ...facts }, services) =>
      tell(verb, parameters.account_id, body, facts, services),
  });
}

async function tell<Body extends z.ZodType<Said>>(
  verb: Verb<Body>,
  accountId: string,
  body: z.infer<Body>,
  facts: RequestFacts,
  services: ApiServices,
): Promise<Reply | Problem> {
  const errors = wrongTimes(verb, body, facts.receivedAt);
  if (errors.length > 0) return fieldProblem('invalid-fields', errors);
  const seen = await episodeSeen(verb, accountId, body, services);
  if (typeof seen !== 'number') return seen;

  const { principal, receivedAt } = facts;
  const key = facts.idempotencyKey ?? randomUUID();
  const commandId = commandIdOf([key, principal.subject, accountId, verb.type], body);
  const command = verb.commandOf(body, { commandId, at: receivedAt, episode: seen });
  const content = { accountId, command, expiresAt: receivedAt + COMMAND_LIFETIME_MS };
  const result = await send(content, facts, services);
  const repeat = { key, commandId, expiresAt: content.expiresAt };
  switch (result.kind) {
    case 'OBEYED':
      return { status: 200, json: commanded(result.reply, content, principal.subject) };
    case 'REFUSED':
      return refusalProblem(result.refusal, commandId);
    case 'NO_CASE':
      return { kind: 'not-found', detail: `Account ${accountId} has no case.` };
    case 'UNANSWERED':
      return noAnswer('no-answer', 'The case has not answered in time.', repeat);
    case 'AWAY':
      return noAnswer('unavailable', 'The cases cannot be reached.', repeat);
  }
}

function wrongTimes<Body extends z.ZodType<Said>>(
  { instantOf }: Verb<Body>,
  body: z.infer<Body>,
  now: number,
): FieldError[] {
  if (instantOf === undefined) return [];
  const { field, at } = instantOf(body);
  return timeErrors(at, commandTimes(now), `#/${field}`);
}

/** The episode that the person saw. A hold stops any, and needs no index to be there. */
async function episodeSeen<Body extends z.ZodType<Said>>(
  { type }: Verb<Body>,
  accountId: string,
  { episode }: Said,
  { accounts, logger }: ApiServices,
): Promise<number | Problem> {
  if (episode !== undefined) return episode;
  if (type === 'HOLD') return 0;
  const found = await ask(accounts.get(accountId), 'The state index does not answer.', logger);
  if (!found.ok) return found.problem;
  const known = found.value?.case ?? null;
  if (known !== null) return known.episode;
  return { kind: 'not-found', detail: `Account ${accountId} has no case.` };
}

/** Signs and sends; what cannot be reached is AWAY. */
async function send(
  content: CommandContent,
  { principal, correlationId }: RequestFacts,
  { cases, commands, logger }: ApiServices,
): Promise<CommandResult | { readonly kind: 'AWAY' }> {
  const needed = COMMAND_ROLES[content.command.type];
  const role = principal.roles.find((held) => hasRole([held], needed)) ?? needed;
  const message = await commands.seal(content, principal.subject, role);
  const { type, commandId } = content.command;
  const log = {
    account_id: content.accountId,
    command: type,
    command_id: commandId,
    by: principal.subject,
    correlation_id: correlationId,
  };
  const result = await ask(cases.command(message), 'the cases cannot be reached', logger);
  if (!result.ok) return { kind: 'AWAY' };
  const code = result.value.kind === 'REFUSED' ? result.value.refusal.code : undefined;
  logger.info({ ...log, result: result.value.kind, code }, 'a person told a case something');
  return result.value;
}

function commanded(
  { commandId, outcome, case: after }: CommandReply,
  { accountId, command }: CommandContent,
  by: string,
): Commanded {
  return {
    account_id: accountId,
    command_id: commandId,
    command: command.type,
    by,
    outcome,
    rung: after.rung,
    episode: after.episode,
    demand: after.demandE4 === null ? null : fromE4(after.demandE4),
    outstanding: after.outstandingE4 === null ? null : fromE4(after.outstandingE4),
    due_at: after.dueAt,
    funds_expire_at: after.fundsExpireAt,
    awaiting_release: after.awaitingRelease,
    released_by: [...after.releasedBy],
    held: after.enforcementHold !== null,
    resume_asked_by: after.enforcementHold?.resumeAskedBy ?? null,
  };
}
