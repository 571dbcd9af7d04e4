import { z } from 'zod';
import { LIVE_EVENT_NAMES } from '#contracts/live-events.ts';
import type { LiveEventName } from '#contracts/live-events.ts';
import { id } from '#contracts/wire.ts';
import { unavailable } from '../problem.ts';
import { NO_BODY, NO_FIELDS, route } from '../route.ts';
import type { Route } from '../route.ts';

const names = z
  .string()
  .max(200)
  .refine((text) => text.split(',').every(isName), {
    message: `must be some of ${LIVE_EVENT_NAMES.join(', ')}, with commas between`,
  });

const getEvents = route({
  method: 'get',
  path: '/events',
  operationId: 'getEvents',
  summary: 'Sends figures and what cases do as they happen (server-sent events)',
  description:
    'Events: ready, then figures (of an account at most once a second, the last only), margin_call, ' +
    'restriction, liquidation, execution, notice, alert, step (as in their topics). With Last-Event-ID ' +
    'the events of cases since then come first, as far as the last 5,000 reach; else reset says to ' +
    'read anew. A comment every 15 s. A client that leaves more than 1 MiB unread, or has listened ' +
    'for 15 minutes, gets end and is cut off. At most 100 clients: then 503.',
  role: 'viewer',
  parameters: NO_FIELDS,
  query: z.strictObject({
    account_id: id.optional(),
    type: names.optional().describe('names of events, with commas between; all when left out'),
  }),
  body: NO_BODY,
  answers: {
    status: 200,
    description: 'Events until either side ends it',
    contentType: 'text/event-stream',
    schema: z.string(),
  },
  handle: ({ query }, { events }) => {
    if (events.isFull) return Promise.resolve(unavailable('Too many listen already.'));
    const accountId = query.account_id ?? null;
    const wish = { accountId, names: query.type?.split(',').filter(isName) ?? null };
    return Promise.resolve({
      status: 200,
      stream: (request, response) => events.open(request, response, wish),
    });
  },
});

export const EVENT_ROUTES: readonly Route[] = [getEvents];

function isName(word: string): word is LiveEventName {
  return LIVE_EVENT_NAMES.some((name) => name === word);
}
