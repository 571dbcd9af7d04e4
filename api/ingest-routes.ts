import type { z } from 'zod';
import { betaSchema, cashEntrySchema, fillEntrySchema, priceSchema } from '#contracts/ingest.ts';
import { orderSchema } from '#contracts/orders.ts';
import {
  acceptedSchema,
  betaSubmissionSchema,
  cashSubmissionSchema,
  fillSubmissionSchema,
  orderSubmissionSchema,
  priceSubmissionSchema,
} from '#contracts/rest.ts';
import type { Accepted } from '#contracts/rest.ts';
import { TOPICS } from '#contracts/topics.ts';
import { bookingTimes, quoteTimes } from '#domain/input-times.ts';
import type { TimeWindow } from '#domain/input-times.ts';
import type { OutboundRecord, RecordPosition } from '#ports/records.ts';
import { batchOf } from './batch-body.ts';
import { ask } from './dependency.ts';
import type { Problem } from './problem.ts';
import { NO_FIELDS, route } from './route.ts';
import type { Reply, Route } from './route.ts';
import type { ApiServices } from './services.ts';

/** What one kind of input is written as. */
interface Input<Record> {
  readonly path: string;
  readonly operationId: string;
  readonly what: string;
  /** More for its description. */
  readonly also?: string;
  readonly topic: string;
  readonly record: z.ZodType<Record>;
  readonly submission: z.ZodType;
  readonly idField: 'fill_id' | 'cash_id' | 'order_id' | null;
  readonly timeField: 'timestamp' | 'ts';
  readonly timeOf: (record: Record) => number;
  /** The times that a record arriving at `now` may carry. */
  readonly times: (now: number) => TimeWindow;
  /** Co-partitioning rests on the key: the account, or the symbol. */
  readonly keyOf: (record: Record) => string;
  readonly idOf: (record: Record) => string;
  /** The record as it goes to the topic, with the request's correlation id where it has none. */
  readonly outOf: (record: Record, correlationId: string) => Record;
  /** Looks at the records before they are written, and writes them; without it all are written. */
  readonly post?: (
    records: readonly Record[],
    outbound: readonly OutboundRecord[],
    correlationId: string,
    services: ApiServices,
  ) => Promise<Problem | RecordPosition[]>;
}

const TIMESTAMP = {
  timeField: 'timestamp',
  timeOf: ({ timestamp }: { readonly timestamp: number }) => timestamp,
} as const;

export const INGEST_ROUTES: readonly Route[] = [
  ingest({
    path: '/fills',
    operationId: 'postFills',
    what: 'executed trades, their cancels and corrections',
    topic: TOPICS.fills.name,
    record: fillEntrySchema,
    submission: fillSubmissionSchema,
    idField: 'fill_id',
    ...TIMESTAMP,
    times: bookingTimes,
    keyOf: (fill) => fill.account_id,
    idOf: (fill) => fill.fill_id,
    outOf: (fill, correlation_id) => ({ correlation_id, ...fill }),
  }),
  ingest({
    path: '/cash',
    operationId: 'postCash',
    what: 'deposits, withdrawals and their reversals',
    also: 'A withdrawal must leave no deficiency, and $2,000 of equity where there is a loan or a short; else the answer is 409, and 503 while the figures are not fresh.',
    topic: TOPICS.cash.name,
    record: cashEntrySchema,
    submission: cashSubmissionSchema,
    idField: 'cash_id',
    ...TIMESTAMP,
    times: bookingTimes,
    keyOf: (cash) => cash.account_id,
    idOf: (cash) => cash.cash_id,
    outOf: (cash, correlation_id) => ({ correlation_id, ...cash }),
    post: (records, outbound, correlationId, { withdrawals }) =>
      withdrawals.post(records, outbound, correlationId),
  }),
  ingest({
    path: '/prices',
    operationId: 'postPrices',
    what: 'last prices',
    topic: TOPICS.prices.name,
    record: priceSchema,
    submission: priceSubmissionSchema,
    idField: null,
    ...TIMESTAMP,
    times: quoteTimes,
    keyOf: (price) => price.symbol,
    idOf: (price) => price.symbol,
    outOf: (price) => price,
  }),
  ingest({
    path: '/betas',
    operationId: 'postBetas',
    what: 'betas to SPY',
    topic: TOPICS.betas.name,
    record: betaSchema,
    submission: betaSubmissionSchema,
    idField: null,
    ...TIMESTAMP,
    times: quoteTimes,
    keyOf: (beta) => beta.symbol,
    idOf: (beta) => beta.symbol,
    outOf: (beta) => beta,
  }),
  ingest({
    path: '/orders',
    operationId: 'postOrders',
    what: 'orders of customers',
    also: 'The gate decides on each: its decision is on orders.gated.v1 and audit.v1, by the order’s place as event_id. NEW and CANCEL; a change is a cancel and another order.',
    topic: TOPICS.orders.name,
    record: orderSchema,
    submission: orderSubmissionSchema,
    idField: 'order_id',
    timeField: 'ts',
    timeOf: ({ ts }) => ts,
    times: quoteTimes,
    keyOf: (order) => order.account_id,
    idOf: (order) => order.order_id,
    outOf: (order, corr_id) => ({ corr_id, ...order }),
  }),
];

function ingest<Record>(input: Input<Record>): Route {
  return route({
    method: 'post',
    path: input.path,
    operationId: input.operationId,
    summary: `Takes ${input.what}, one or a batch`,
    description:
      `All or nothing: with one wrong record none is written. Answered after Kafka has acknowledged ` +
      `every record on ${input.topic}. After a 503 some may have been written: repeat the request ` +
      `with the same ids, repeated records count once.${input.also === undefined ? '' : ` ${input.also}`}`,
    ...(input.post === undefined ? {} : { problems: ['withdrawal-refused'] as const }),
    role: 'feed',
    parameters: NO_FIELDS,
    query: NO_FIELDS,
    body: batchOf(input),
    answers: { status: 202, description: 'Written, with its places', schema: acceptedSchema },
    handle: ({ body, correlationId }, services) => publish(input, body, correlationId, services),
  });
}

async function publish<Record>(
  input: Input<Record>,
  records: readonly Record[],
  correlationId: string,
  services: ApiServices,
): Promise<Reply | Problem> {
  const outbound = records.map((record) => ({
    topic: input.topic,
    key: input.keyOf(record),
    value: JSON.stringify(input.outOf(record, correlationId)),
  }));
  const written = await (input.post?.(records, outbound, correlationId, services) ??
    writeAll(outbound, services));
  if ('kind' in written) return written;
  const ids = records.map(input.idOf);
  const accepted: Accepted = {
    accepted: written.map((position, index) => ({ ...position, id: ids[index] ?? '' })),
  };
  return { status: 202, json: accepted };
}

async function writeAll(
  outbound: readonly OutboundRecord[],
  { publisher, logger }: ApiServices,
): Promise<Problem | RecordPosition[]> {
  const detail = 'Kafka has not acknowledged in time. Repeat the request with the same ids.';
  const written = await ask(publisher.publish(outbound), detail, logger);
  return written.ok ? written.value : written.problem;
}
