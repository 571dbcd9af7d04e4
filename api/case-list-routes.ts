import { z } from 'zod';
import { STATUS_NAMES } from '#contracts/account-state.ts';
import { RUNG_NAMES } from '#contracts/case-events.ts';
import { CASE_ORDERS, caseListSchema } from '#contracts/case-list.ts';
import type { CaseList } from '#contracts/case-list.ts';
import { PAGE_ACCOUNTS_DEFAULT, PAGE_ACCOUNTS_MAX } from '#contracts/rest.ts';
import { figure, instant } from '#contracts/wire.ts';
import { ask } from './dependency.ts';
import { fieldProblem } from './problem.ts';
import { NO_BODY, NO_FIELDS, route } from './route.ts';
import type { Route } from './route.ts';

const caseQuery = z.strictObject({
  order: z
    .enum(CASE_ORDERS)
    .optional()
    .describe('deficiency: the largest first, when left out; due: the next due first'),
  rung: z.enum(RUNG_NAMES).exclude(['ACTIVE']).optional(),
  status: z.enum(STATUS_NAMES).optional(),
  due_after: z.coerce.number().pipe(instant).optional(),
  due_before: z.coerce.number().pipe(instant).optional(),
  deficiency_min: z.coerce.number().pipe(figure.min(0)).optional(),
  held: z
    .enum(['true', 'false'])
    .optional()
    .describe('whether the case waits for figures that can be trusted'),
  limit: z.coerce.number().int().min(1).max(PAGE_ACCOUNTS_MAX).optional(),
  cursor: z.string().min(1).max(200).optional(),
});

const listCases = route({
  method: 'get',
  path: '/cases',
  operationId: 'listCases',
  summary: 'Lists open cases, the largest deficiency or the next due first',
  description:
    'From the state index, seconds behind; a case that changes its place while pages are turned can ' +
    'be seen twice or not at all. A page with a filter can be short although more cases follow: go ' +
    'on until next_cursor is null. A filter that is not the order reads what it leaves out.',
  role: 'viewer',
  parameters: NO_FIELDS,
  query: caseQuery,
  body: NO_BODY,
  answers: { status: 200, description: 'A page of cases', schema: caseListSchema },
  handle: async ({ query }, { openCases, logger }) => {
    const order = query.order ?? 'deficiency';
    const after = query.cursor === undefined ? undefined : decodeCursor(query.cursor, order);
    if (after === null) {
      const detail = 'must be the next_cursor of a page before, in the same order';
      return fieldProblem('invalid-parameters', [{ parameter: 'cursor', detail }]);
    }
    const { due_after: dueAfter, due_before: dueBefore } = query;
    if (dueAfter !== undefined && dueBefore !== undefined && dueAfter > dueBefore) {
      const detail = 'must not be after due_before';
      return fieldProblem('invalid-parameters', [{ parameter: 'due_after', detail }]);
    }
    const work = openCases.list({
      order,
      rung: query.rung,
      status: query.status,
      dueAfter,
      dueBefore,
      deficiencyMin: query.deficiency_min,
      held: query.held === undefined ? undefined : query.held === 'true',
      limit: query.limit ?? PAGE_ACCOUNTS_DEFAULT,
      after,
    });
    const page = await ask(work, 'The state index does not answer.', logger);
    if (!page.ok) return page.problem;
    const { cases, next } = page.value;
    const list: CaseList = {
      cases: [...cases],
      next_cursor: next === null ? null : encodeCursor(order, next),
    };
    return { status: 200, json: list };
  },
});

export const CASE_LIST_ROUTES: readonly Route[] = [listCases];

/** A place in the list, with its order: in another one it would mean nothing. */
function encodeCursor(order: string, place: string): string {
  return Buffer.from(`${order} ${place}`).toString('base64url');
}

/** The place that a cursor stands for; null when it is none of this order that this API gave out. */
function decodeCursor(cursor: string, order: string): string | null {
  const text = Buffer.from(cursor, 'base64url').toString();
  const [, named, place] = /^(\w+) (\d{13,16}#[\w.:-]{1,64})$/.exec(text) ?? [];
  return named === order && place !== undefined ? place : null;
}
