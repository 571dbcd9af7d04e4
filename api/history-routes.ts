import { z } from 'zod';
import {
  accountHistorySchema,
  accountTimelineSchema,
  HISTORY_DAYS,
} from '#contracts/account-history.ts';
import type {
  AccountHistory,
  AccountTimeline,
  HistoryEntry,
  TimelineStep,
} from '#contracts/account-history.ts';
import { PAGE_ACCOUNTS_DEFAULT, PAGE_ACCOUNTS_MAX } from '#contracts/rest.ts';
import { id, instant } from '#contracts/wire.ts';
import type { HistoryQuery } from '#ports/account-history.ts';
import { ask } from './dependency.ts';
import { fieldProblem } from './problem.ts';
import type { Problem } from './problem.ts';
import { NO_BODY, route } from './route.ts';
import type { Route } from './route.ts';
import type { ApiServices } from './services.ts';

const MS_PER_DAY = 86_400_000;

const account = z.strictObject({ account_id: id });

const time = z.coerce.number().pipe(instant);

const timeQuery = z.strictObject({
  from: time.optional().describe('Unix milliseconds; 30 days ago when left out'),
  to: time.optional().describe('Unix milliseconds, included; now when left out'),
  limit: z.coerce.number().int().min(1).max(PAGE_ACCOUNTS_MAX).optional(),
  cursor: z.string().min(1).max(200).optional(),
});

const historyQuery = z.strictObject({
  ...timeQuery.shape,
  order: z.enum(['newest', 'oldest']).optional().describe('newest first when left out'),
});

type TimeQuery = z.infer<typeof timeQuery>;

const INDEX_AWAY = 'The state index does not answer.';
const PROJECTION = `A projection, seconds behind, that reaches back ${String(HISTORY_DAYS)} days.`;

const getHistory = route({
  method: 'get',
  path: '/accounts/{account_id}/history',
  operationId: 'getAccountHistory',
  summary: 'Shows what became of an account: its figures and the steps of its case',
  description:
    `Figures of the first moment of each minute and of each new status; every step. ${PROJECTION} ` +
    'A page can be short although more follows: go on until next_cursor is null.',
  role: 'viewer',
  parameters: account,
  query: historyQuery,
  body: NO_BODY,
  answers: { status: 200, description: 'A page of entries', schema: accountHistorySchema },
  handle: async ({ parameters: { account_id: accountId }, query }, services) => {
    const order = query.order === 'oldest' ? 'OLDEST_FIRST' : 'NEWEST_FIRST';
    const page = await readPage({ accountId, stepsOnly: false, order }, query, services);
    if ('kind' in page) return page;
    const history: AccountHistory = { account_id: accountId, ...page };
    return { status: 200, json: history };
  },
});

const getTimeline = route({
  method: 'get',
  path: '/accounts/{account_id}/timeline',
  operationId: 'getAccountTimeline',
  summary: "Tells the story of an account's case: every audited step, the oldest first",
  description: `${PROJECTION} audit.v1 has it all, for 90 days.`,
  role: 'viewer',
  parameters: account,
  query: timeQuery,
  body: NO_BODY,
  answers: { status: 200, description: 'A page of steps', schema: accountTimelineSchema },
  handle: async ({ parameters: { account_id: accountId }, query }, services) => {
    const of = { accountId, stepsOnly: true, order: 'OLDEST_FIRST' } as const;
    const page = await readPage(of, query, services);
    if ('kind' in page) return page;
    const steps = page.entries.filter((entry): entry is TimelineStep => entry.kind === 'STEP');
    const { next_cursor } = page;
    const timeline: AccountTimeline = { account_id: accountId, steps, next_cursor };
    return { status: 200, json: timeline };
  },
});

export const HISTORY_ROUTES: readonly Route[] = [getHistory, getTimeline];

async function readPage(
  of: Pick<HistoryQuery, 'accountId' | 'stepsOnly' | 'order'>,
  query: TimeQuery,
  { history, clock, logger }: ApiServices,
): Promise<{ entries: HistoryEntry[]; next_cursor: string | null } | Problem> {
  const now = clock.now();
  const to = query.to ?? now;
  const from = query.from ?? Math.max(0, now - HISTORY_DAYS * MS_PER_DAY);
  if (from > to) {
    const errors = [{ parameter: 'from', detail: 'must not be after to' }];
    return fieldProblem('invalid-parameters', errors);
  }
  const after = query.cursor === undefined ? undefined : decodeCursor(query.cursor);
  if (after === null) {
    const errors = [{ parameter: 'cursor', detail: 'must be the next_cursor of a page before' }];
    return fieldProblem('invalid-parameters', errors);
  }
  const limit = query.limit ?? PAGE_ACCOUNTS_DEFAULT;
  const page = await ask(history.read({ ...of, from, to, limit, after, now }), INDEX_AWAY, logger);
  if (!page.ok) return page.problem;
  const { entries, next } = page.value;
  return { entries: [...entries], next_cursor: next === null ? null : encodeCursor(next) };
}

function encodeCursor(place: number): string {
  return Buffer.from(`at ${String(place)}`).toString('base64url');
}

/** The place that a cursor stands for; null when it is none that this API gave out. */
function decodeCursor(cursor: string): number | null {
  const [, digits] = /^at (\d{1,16})$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  return digits === undefined ? null : Number(digits);
}
