import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import { isMachineActor } from '#contracts/audit-actors.ts';
import type { ControlCommandInput } from '#contracts/control-commands.ts';
import { killedSchema, killRequestSchema, throttleRequestSchema } from '#contracts/control-rest.ts';
import type { Killed } from '#contracts/control-rest.ts';
import type { ControlMode } from '#domain/controls/control-state.ts';
import { commandIdOf } from './command-id.ts';
import { ask } from './dependency.ts';
import { repeatableObject } from './object-body.ts';
import { otherOperator } from './operator-field.ts';
import type { Problem } from './problem.ts';
import { NO_FIELDS, route } from './route.ts';
import type { Reply, RequestFacts, Route } from './route.ts';
import type { ApiServices } from './services.ts';
import { rateOf, stricterControls } from './stricter-controls.ts';
import { unsharedRate } from './throttle-rate.ts';

/** What makes a scope stricter: one person is enough, and it acts without Temporal (DESIGN 15). */

const EFFECT =
  'Answers when it is effective: every gate and venue adapter with a lease has applied it, or can let ' +
  'nothing pass any more. Needs Kafka only.';

type Common = Pick<
  ControlCommandInput,
  'cmd_id' | 'ts' | 'scope' | 'reason' | 'triggered_by' | 'corr_id'
>;

export const KILL_ROUTES: readonly Route[] = [
  restrictRoute({
    word: 'kill',
    action: 'KILL',
    summary: 'Stops a scope at once: orders in, and what works is cancelled',
    description: `${EFFECT} Two persons resume it, by POST /unkill and POST /approvals/{request_id}.`,
    body: killRequestSchema,
    modeOf: ({ mode = 'BLOCK' }) => ({ kind: mode }),
    refusalOf: () => null,
    commandOf: ({ mode = 'BLOCK' }, common) => ({ ...common, action: 'KILL', mode }),
  }),
  restrictRoute({
    word: 'throttle',
    action: 'THROTTLE',
    summary: 'Lets at most so many orders of a scope pass in any second',
    description: `${EFFECT} A higher rate than the one that stands loosens: that is POST /unkill.`,
    body: throttleRequestSchema,
    modeOf: ({ max_rate_per_second: rate }) => ({ kind: 'THROTTLE', maxRatePerSecond: rate }),
    refusalOf: ({ scope, max_rate_per_second }, { partitions }) =>
      unsharedRate(scope, max_rate_per_second, partitions),
    commandOf: ({ max_rate_per_second }, common) => ({
      ...common,
      action: 'THROTTLE',
      max_rate_per_second,
    }),
  }),
];

interface Said {
  readonly scope: string;
  readonly reason: string;
  readonly operator?: string | undefined;
}

interface Verb<Body extends z.ZodType<Said>> {
  readonly word: string;
  readonly action: Killed['action'];
  readonly summary: string;
  readonly description: string;
  readonly body: Body;
  readonly modeOf: (body: z.infer<Body>) => ControlMode;
  readonly refusalOf: (body: z.infer<Body>, services: ApiServices) => Problem | null;
  readonly commandOf: (body: z.infer<Body>, common: Common) => ControlCommandInput;
}

function restrictRoute<Body extends z.ZodType<Said>>(verb: Verb<Body>): Route {
  return route({
    method: 'post',
    path: `/${verb.word}`,
    operationId: `${verb.word}Scope`,
    summary: verb.summary,
    description: verb.description,
    role: 'operator',
    parameters: NO_FIELDS,
    query: NO_FIELDS,
    body: repeatableObject(verb.body),
    answers: { status: 200, description: 'How far it is effective', schema: killedSchema },
    handle: ({ body, ...facts }, services) => restrict(verb, body, facts, services),
  });
}

async function restrict<Body extends z.ZodType<Said>>(
  verb: Verb<Body>,
  body: z.infer<Body>,
  { principal, receivedAt, correlationId, idempotencyKey }: RequestFacts,
  services: ApiServices,
): Promise<Reply | Problem> {
  const { controls, clock, logger } = services;
  const wrong = otherOperator(body.operator, principal) ?? verb.refusalOf(body, services);
  if (wrong !== null) return wrong;
  const by = personOf(principal.subject);
  const cmdId = commandIdOf([idempotencyKey ?? randomUUID(), by, verb.action], body);
  const { scope, reason } = body;
  const command = verb.commandOf(body, {
    cmd_id: cmdId,
    ts: receivedAt,
    scope,
    reason,
    triggered_by: by,
    corr_id: correlationId,
  });
  const begunAt = clock.now();
  const written = await ask(
    controls.desk.write(command),
    'Kafka does not answer: the command may not be recorded. Repeat the request.',
    logger,
  );
  if (!written.ok) return written.problem;
  logger.warn(
    { event: 'control_command', action: verb.action, scope, by, cmd_id: cmdId },
    'a person made a scope stricter',
  );
  const { offset: epoch } = written.value;
  const asked = verb.modeOf(body);
  const mode = { mode: asked.kind, max_rate_per_second: rateOf(asked) };
  const common = { cmd_id: cmdId, scope, action: verb.action, ...mode, by, epoch };
  const [effect] = await Promise.all([
    controls.desk.effectOf(written.value, begunAt).catch((error: unknown) => {
      logger.error({ err: error, scope }, 'the leases cannot be read');
      return null;
    }),
    // Meanwhile, for what stands beside it. A kill is effective whether or not that can be read.
    controls.book.statesRead().catch((error: unknown) => {
      logger.warn({ err: error, scope }, 'the controls cannot be read');
    }),
  ]);
  if (effect === null) {
    const recorded = `The command is recorded at epoch ${String(epoch)}; how far it is effective cannot be told: the leases cannot be read.`;
    return { kind: 'no-answer', detail: recorded, commandId: cmdId };
  }
  const stricter = stricterControls(asked, controls.book.listed(scope));
  return { status: 200, json: { ...common, stricter, ...effect } satisfies Killed };
}

/** A person who is called as a machine is must not hold in its name, nor be told of as one. */
function personOf(subject: string): string {
  return isMachineActor(subject) ? `person.${subject}` : subject;
}
