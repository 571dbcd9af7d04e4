import { z } from 'zod';
import {
  approvalListSchema,
  killSwitchListSchema,
  SCOPES_LISTED_DEFAULT,
  SCOPES_LISTED_MAX,
} from '#contracts/control-rest.ts';
import type { ApprovalList, KillSwitchList } from '#contracts/control-rest.ts';
import { CONTROL_STATUSES } from '#contracts/control-states.ts';
import type { ControlStateRecord } from '#contracts/control-states.ts';
import { scopeSchema } from '#contracts/scopes.ts';
import { livingLeases } from './control-desk.ts';
import { ask } from './dependency.ts';
import { NO_BODY, NO_FIELDS, route } from './route.ts';
import type { Route } from './route.ts';
import { stoppedScopes } from './stopped-scopes.ts';

const GLOBAL = 'GLOBAL';

const query = z.strictObject({
  scope: scopeSchema.optional(),
  status: z
    .enum(CONTROL_STATUSES)
    .optional()
    .describe('without scope or status: every scope that is not ACTIVE'),
  limit: z.coerce.number().int().min(1).max(SCOPES_LISTED_MAX).optional(),
});

const killSwitches = route({
  method: 'get',
  path: '/killswitch',
  operationId: 'listKillSwitches',
  summary: 'Lists the controls that stand, GLOBAL and the strictest first, and who enforces them',
  role: 'viewer',
  parameters: NO_FIELDS,
  query,
  body: NO_BODY,
  answers: { status: 200, description: 'Scopes and leases', schema: killSwitchListSchema },
  handle: async ({ query: wanted }, { controls, clock, logger }) => {
    const { book } = controls;
    const read = await ask(
      Promise.all([book.statesRead(), book.leasesRead()]),
      'The controls cannot be read from Kafka.',
      logger,
    );
    if (!read.ok) return read.problem;
    const all = book.listedAll();
    const found = all.filter((state) => isWanted(state, wanted)).sort(inOrder);
    const { limit = SCOPES_LISTED_DEFAULT } = wanted;
    const live = livingLeases(book, clock.now());
    const stopped = wanted.status === undefined || wanted.status === 'KILLED';
    const list: KillSwitchList = {
      scopes: found.slice(0, limit),
      others: Math.max(0, found.length - limit),
      over: all.filter((state) => isOver(state, wanted.scope)),
      stopped: stoppedScopes(live).filter(
        ({ scope }) =>
          stopped && (wanted.scope === undefined || scope === wanted.scope || scope === GLOBAL),
      ),
      leases: live.map(({ process, kind, ts, owned_partitions }) => ({
        process,
        kind,
        ts,
        owned_partitions,
      })),
    };
    return { status: 200, json: list };
  },
});

const approvals = route({
  method: 'get',
  path: '/approvals',
  operationId: 'listApprovals',
  summary: 'Lists what waits for a second person, the first to end first',
  role: 'viewer',
  parameters: NO_FIELDS,
  query: NO_FIELDS,
  body: NO_BODY,
  answers: { status: 200, description: 'Scopes with a request', schema: approvalListSchema },
  handle: async (_request, { controls, clock, logger }) => {
    const { book } = controls;
    const read = await ask(book.statesRead(), 'The controls cannot be read from Kafka.', logger);
    if (!read.ok) return read.problem;
    const now = clock.now();
    const endOf = ({ request }: ControlStateRecord): number => request?.expires_at ?? 0;
    const waiting = book
      .states()
      .filter((state) => endOf(state) > now)
      .sort((a, b) => endOf(a) - endOf(b));
    return { status: 200, json: { approvals: waiting } satisfies ApprovalList };
  },
});

export const CONTROL_LIST_ROUTES: readonly Route[] = [killSwitches, approvals];

function isWanted(
  { scope, status }: ControlStateRecord,
  wanted: { readonly scope?: string | undefined; readonly status?: string | undefined },
): boolean {
  if (wanted.scope !== undefined && wanted.scope !== scope) return false;
  if (wanted.status !== undefined) return wanted.status === status;
  return wanted.scope !== undefined || status !== 'ACTIVE';
}

/** What holds the firm holds the orders of every other scope. */
function isOver({ scope, status }: ControlStateRecord, wanted: string | undefined): boolean {
  return scope === GLOBAL && status !== 'ACTIVE' && wanted !== undefined && wanted !== GLOBAL;
}

/** The firm's first: no limit hides that; then by strictness. */
function inOrder(a: ControlStateRecord, b: ControlStateRecord): number {
  if ((a.scope === GLOBAL) !== (b.scope === GLOBAL)) return a.scope === GLOBAL ? -1 : 1;
  const strict = CONTROL_STATUSES.indexOf(b.status) - CONTROL_STATUSES.indexOf(a.status);
  return strict === 0 ? a.scope.localeCompare(b.scope) : strict;
}
