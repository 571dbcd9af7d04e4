import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import { COMMAND_LIFETIME_MS, FIRM_COMMAND_ROLES } from '#contracts/command-envelope.ts';
import type { FirmCommandContent } from '#contracts/command-envelope.ts';
import {
  encodeFirmHold,
  firmCommandedSchema,
  firmHoldListSchema,
  firmHoldRequestSchema,
  firmResumeRequestSchema,
} from '#contracts/firm-rest.ts';
import type { FirmCommanded, FirmHoldListed } from '#contracts/firm-rest.ts';
import { hasRole } from '#contracts/roles.ts';
import { parseFirmScope } from '#domain/firm-enforcement.ts';
import type { FirmCommand } from '#domain/firm-enforcement.ts';
import { commandIdOf } from './command-id.ts';
import { ask } from './dependency.ts';
import { repeatableObject } from './object-body.ts';
import type { Problem } from './problem.ts';
import { noAnswer, refusalProblem } from './refusal-problem.ts';
import { NO_BODY, NO_FIELDS, route } from './route.ts';
import type { Reply, RequestFacts, Route } from './route.ts';
import type { ApiServices } from './services.ts';

/** The enforcement of the whole firm (DESIGN 17): who holds it, and the liquidation brake. */

const REPEATABLE =
  'The same request with the same Idempotency-Key is carried out once. ' +
  'After a 503 or 504 it may still be carried out until the instant named: repeat it with the key named.';

const showHolds = route({
  method: 'get',
  path: '/enforcement',
  operationId: 'showEnforcement',
  summary: 'What people and the liquidation brake hold of the whole firm, the oldest first',
  role: 'viewer',
  parameters: NO_FIELDS,
  query: NO_FIELDS,
  body: NO_BODY,
  answers: { status: 200, description: 'The holds', schema: firmHoldListSchema },
  handle: async (_request, { firm, logger }) => {
    const found = await ask(firm.holds(), 'What is held cannot be read now.', logger);
    if (!found.ok) return found.problem;
    const list: FirmHoldListed = { holds: found.value.map(encodeFirmHold) };
    return { status: 200, json: list };
  },
});

export const FIRM_ROUTES: readonly Route[] = [
  showHolds,
  commandRoute({
    type: 'HOLD',
    word: 'hold',
    summary: 'Holds enforcement at once: everywhere, all liquidations, or one symbol',
    description: 'One person is enough. Cures go on. Working liquidation orders run out.',
    body: firmHoldRequestSchema,
  }),
  commandRoute({
    type: 'RESUME',
    word: 'resume',
    summary: 'Ends a hold, or releases the liquidation brake; takes two different persons',
    description: 'The first is answered with AWAITING_SECOND_PERSON; the second has to be another.',
    body: firmResumeRequestSchema,
  }),
];

interface Said {
  readonly scope: string;
  readonly reason: string;
}

interface Verb<Body extends z.ZodType<Said>> {
  readonly type: FirmCommand['type'];
  readonly word: string;
  readonly summary: string;
  readonly description: string;
  readonly body: Body;
}

function commandRoute<Body extends z.ZodType<Said>>(verb: Verb<Body>): Route {
  return route({
    method: 'post',
    path: `/enforcement/${verb.word}`,
    operationId: `${verb.word}Enforcement`,
    summary: verb.summary,
    description: `${verb.description} ${REPEATABLE}`,
    role: FIRM_COMMAND_ROLES[verb.type],
    parameters: NO_FIELDS,
    query: NO_FIELDS,
    body: repeatableObject(verb.body),
    answers: { status: 200, description: 'What it came to', schema: firmCommandedSchema },
    problems: ['command-conflict', 'no-answer'],
    handle: ({ body, ...facts }, services) => tell(verb.type, body, facts, services),
  });
}

async function tell(
  type: FirmCommand['type'],
  { scope: name, reason }: Said,
  facts: RequestFacts,
  { firm, commands, logger }: ApiServices,
): Promise<Reply | Problem> {
  const scope = parseFirmScope(name);
  if (scope === null) throw new Error(`${name} passed the schema and is no scope`);
  const { principal, receivedAt, correlationId } = facts;
  const { subject: by, roles } = principal;
  const key = facts.idempotencyKey ?? randomUUID();
  const commandId = commandIdOf([key, by, 'enforcement', type], { scope, reason });
  const content: FirmCommandContent = {
    command: { type, commandId, at: receivedAt, scope, reason },
    expiresAt: receivedAt + COMMAND_LIFETIME_MS,
  };
  const needed = FIRM_COMMAND_ROLES[type];
  const role = roles.find((held) => hasRole([held], needed)) ?? needed;
  const message = await commands.seal(content, by, role);
  const result = await ask(firm.command(message), 'the cases cannot be reached', logger);
  const repeat = { key, commandId, expiresAt: content.expiresAt };
  if (!result.ok) return noAnswer('unavailable', 'Enforcement cannot be reached.', repeat);
  const log = { scope, command: type, command_id: commandId, by, correlation_id: correlationId };
  logger.info({ ...log, result: result.value.kind }, 'a person commands enforcement');
  switch (result.value.kind) {
    case 'OBEYED': {
      const { outcome, holds } = result.value.reply;
      const told = { command_id: commandId, command: type, scope, by, outcome };
      const done: FirmCommanded = { ...told, holds: holds.map(encodeFirmHold) };
      return { status: 200, json: done };
    }
    case 'REFUSED':
      return refusalProblem(result.value.refusal, commandId);
    case 'UNANSWERED':
      return noAnswer('no-answer', 'Enforcement has not answered in time.', repeat);
  }
}
