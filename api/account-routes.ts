import { z } from 'zod';
import { STATUS_NAMES } from '#contracts/account-state.ts';
import type { AccountState } from '#contracts/account-state.ts';
import { RUNG_NAMES } from '#contracts/case-events.ts';
import {
  accountDetailSchema,
  accountListSchema,
  acknowledgedSchema,
  acknowledgeRequestSchema,
  PAGE_ACCOUNTS_DEFAULT,
  PAGE_ACCOUNTS_MAX,
} from '#contracts/rest.ts';
import type { AccountDetail, AccountList, Acknowledged } from '#contracts/rest.ts';
import { id } from '#contracts/wire.ts';
import { ask } from './dependency.ts';
import { decodeCursor, encodeCursor } from './list-cursor.ts';
import { optionalObject } from './object-body.ts';
import { fieldProblem } from './problem.ts';
import type { Problem } from './problem.ts';
import { NO_BODY, NO_FIELDS, route } from './route.ts';
import type { Route } from './route.ts';
import type { ApiServices } from './services.ts';

const account = z.strictObject({ account_id: id });

const listQuery = z.strictObject({
  rung: z.enum(RUNG_NAMES).optional(),
  status: z.enum(STATUS_NAMES).optional(),
  limit: z.coerce.number().int().min(1).max(PAGE_ACCOUNTS_MAX).optional(),
  cursor: z.string().min(1).max(200).optional(),
});

const INDEX_AWAY = 'The state index does not answer.';

const listAccounts = route({
  method: 'get',
  path: '/accounts',
  operationId: 'listAccounts',
  summary: 'Lists accounts, the most severe rung first',
  description:
    'A page with a filter can be short although more accounts follow: go on until next_cursor is null.',
  role: 'viewer',
  parameters: NO_FIELDS,
  query: listQuery,
  body: NO_BODY,
  answers: { status: 200, description: 'A page of accounts', schema: accountListSchema },
  handle: async ({ query }, { accounts, logger }) => {
    const after = query.cursor === undefined ? undefined : decodeCursor(query.cursor);
    if (after === null) return wrongCursor();
    const limit = query.limit ?? PAGE_ACCOUNTS_DEFAULT;
    const { rung, status } = query;
    const page = await ask(accounts.list({ rung, status, limit, after }), INDEX_AWAY, logger);
    if (!page.ok) return page.problem;
    const { next } = page.value;
    const list: AccountList = {
      accounts: [...page.value.accounts],
      next_cursor: next === null ? null : encodeCursor(next),
    };
    return { status: 200, json: list };
  },
});

const getAccount = route({
  method: 'get',
  path: '/accounts/{account_id}',
  operationId: 'getAccount',
  summary: 'Shows the last figures and the case of an account',
  description:
    "figures.input_offsets tell which records the figures include: a fill at offset n is in them when its topic's number is above n.",
  role: 'viewer',
  parameters: account,
  query: NO_FIELDS,
  body: NO_BODY,
  answers: { status: 200, description: 'The account', schema: accountDetailSchema },
  handle: async ({ parameters }, services) => {
    const found = await ask(
      services.accounts.get(parameters.account_id),
      INDEX_AWAY,
      services.logger,
    );
    if (!found.ok) return found.problem;
    if (found.value === null) {
      return notFound(`Nothing is known of account ${parameters.account_id}.`);
    }
    return { status: 200, json: detailOf(found.value, services) };
  },
});

const acknowledgeCase = route({
  method: 'post',
  path: '/accounts/{account_id}/acknowledge',
  operationId: 'acknowledgeCase',
  summary: 'Records that a person has seen the case; changes no timer',
  role: 'operator',
  parameters: account,
  query: NO_FIELDS,
  body: optionalObject(acknowledgeRequestSchema),
  answers: { status: 200, description: 'Recorded', schema: acknowledgedSchema },
  handle: async ({ parameters, body, principal }, { cases, clock, logger }) => {
    const accountId = parameters.account_id;
    const by = principal.subject;
    const at = clock.now();
    const answer = await ask(
      cases.acknowledge({ accountId, by, at, note: body.note ?? null }),
      'The case does not answer. Repeat the request.',
      logger,
    );
    if (!answer.ok) return answer.problem;
    if (answer.value === 'NO_CASE') return notFound(`Account ${accountId} has no case.`);
    const acknowledged: Acknowledged = {
      account_id: accountId,
      acknowledged_by: by,
      acknowledged_at: at,
    };
    return { status: 200, json: acknowledged };
  },
});

export const ACCOUNT_ROUTES: readonly Route[] = [listAccounts, getAccount, acknowledgeCase];

function detailOf(state: AccountState, { caseLink }: ApiServices): AccountDetail {
  return {
    ...state,
    links: {
      self: `/accounts/${state.account_id}`,
      case: state.case === null ? null : caseLink(state.case.workflow_id, state.case.run_id),
    },
  };
}

function notFound(detail: string): Problem {
  return { kind: 'not-found', detail };
}

function wrongCursor(): Problem {
  const detail = 'must be the next_cursor of a page before';
  return fieldProblem('invalid-parameters', [{ parameter: 'cursor', detail }]);
}
