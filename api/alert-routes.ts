import { createHash } from 'node:crypto';
import { z } from 'zod';
import { acknowledgementAudit } from '#contracts/alert-audit.ts';
import {
  ALERTS_LISTED_DEFAULT,
  ALERTS_LISTED_MAX,
  alertListSchema,
} from '#contracts/alert-list.ts';
import type { AlertList } from '#contracts/alert-list.ts';
import {
  ALERT_CODES,
  ALERT_SEVERITIES,
  acknowledgedAlert,
  alertSchema,
  isOpenAlert,
} from '#contracts/alerts.ts';
import type { AlertRecord } from '#contracts/alerts.ts';
import { TOPICS } from '#contracts/topics.ts';
import { id } from '#contracts/wire.ts';
import { ask } from './dependency.ts';
import { NO_BODY, NO_FIELDS, route } from './route.ts';
import type { Route } from './route.ts';

const alertQuery = z.strictObject({
  state: z
    .enum(['open', 'all'])
    .optional()
    .describe('open, when left out: neither acknowledged nor over'),
  severity: z.enum(ALERT_SEVERITIES).optional(),
  code: z.enum(ALERT_CODES).optional(),
  subject: id.optional().describe('the account_id, or such as SYMBOL:NVDA'),
  limit: z.coerce.number().int().min(1).max(ALERTS_LISTED_MAX).optional(),
});

const listAlerts = route({
  method: 'get',
  path: '/alerts',
  operationId: 'listAlerts',
  summary: 'Lists what calls a person, the most severe first, then the oldest',
  role: 'viewer',
  parameters: NO_FIELDS,
  query: alertQuery,
  body: NO_BODY,
  answers: { status: 200, description: 'The alerts', schema: alertListSchema },
  handle: ({ query }, { alerts }) => {
    const { state = 'open', limit = ALERTS_LISTED_DEFAULT, ...filter } = query;
    const found = alerts.list({ openOnly: state === 'open', ...filter });
    const list: AlertList = {
      alerts: found.slice(0, limit),
      others: Math.max(0, found.length - limit),
    };
    return Promise.resolve({ status: 200, json: list });
  },
});

const acknowledgeAlert = route({
  method: 'post',
  path: '/alerts/{alert_id}/acknowledge',
  operationId: 'acknowledgeAlert',
  summary: 'Takes an alert on: nobody is paged for it any more',
  description: 'An alert that is acknowledged or over stays as it is: the answer tells by whom.',
  role: 'operator',
  parameters: z.strictObject({ alert_id: id }),
  query: NO_FIELDS,
  body: NO_BODY,
  answers: { status: 200, description: 'The alert', schema: alertSchema },
  handle: async ({ parameters, principal }, { alerts, publisher, clock, logger }) => {
    const known = alerts.get(parameters.alert_id);
    if (known === null) {
      return { kind: 'not-found', detail: `There is no alert ${parameters.alert_id}.` };
    }
    if (!isOpenAlert(known)) return { status: 200, json: known };
    const [by, now] = [principal.subject, clock.now()];
    const record = acknowledgedAlert(known, by, now);
    const audit = acknowledgementAudit(record, by, now, eventIdOf(record, by));
    const key = record.subject;
    const written = await ask(
      publisher.publish([
        { topic: TOPICS.alerts.name, key, value: JSON.stringify(record) },
        { topic: TOPICS.audit.name, key, value: JSON.stringify(audit) },
      ]),
      'Kafka does not answer. Repeat the request.',
      logger,
    );
    if (!written.ok) return written.problem;
    alerts.take(record);
    return { status: 200, json: record };
  },
});

/** One event for a person and an alert, also when the request is repeated because its answer was lost. */
function eventIdOf({ alert_id }: Pick<AlertRecord, 'alert_id'>, by: string): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([alert_id, by]))
    .digest('hex');
  return `alert-ack.${hash.slice(0, 32)}`;
}

export const ALERT_ROUTES: readonly Route[] = [listAlerts, acknowledgeAlert];
