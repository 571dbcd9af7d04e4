import type { z } from 'zod';
import { adjustmentSchema } from './adjustments.ts';
import { alertSchema } from './alerts.ts';
import {
  auditSchema,
  executionSchema,
  liquidationOrderSchema,
  liquidationSchema,
  marginCallSchema,
  orderCancelSchema,
  restrictionSchema,
} from './case-events.ts';
import { controlCommandSchema } from './control-commands.ts';
import { controlStateSchema } from './control-states.ts';
import { deadLetterSchema } from './dead-letter.ts';
import { changelogSchema } from './engine-changelog.ts';
import {
  betaSchema,
  cashEntrySchema,
  fillEntrySchema,
  instrumentSchema,
  priceSchema,
} from './ingest.ts';
import { enforcementSchema } from './firm-records.ts';
import { gateLeaseSchema } from './gate-leases.ts';
import { gatedOrderSchema } from './gated-orders.ts';
import { heartbeatSchema, marginCalcSchema, stressSchema } from './margin-figures.ts';
import { noticeSchema } from './notices.ts';
import { orderSchema } from './orders.ts';
import { priceMarkSchema } from './price-marks.ts';
import { riskSignalSchema } from './risk-signals.ts';

/** What a topic is keyed by. Topics keyed by account are co-partitioned (DESIGN, Topics and records). */
export type TopicKey =
  'account_id' | 'symbol' | 'partition' | 'subject' | 'origin' | 'scope' | 'process';

export interface Topic {
  readonly name: string;
  readonly purpose: string;
  readonly key: TopicKey;
  readonly schema: z.ZodType;
  /** `compact` keeps the last record of each key for ever, `keep` every one; a number deletes after so many days. */
  readonly cleanup: 'compact' | 'keep' | { readonly retentionDays: number };
  /** Input from outside: a record that fails its schema goes to `<name>.dlq` (DESIGN 25). */
  readonly deadLetters: boolean;
}

/** Input is kept longer than the horizon in which a fill is counted once (seven days). */
const INPUT = { retentionDays: 30 } as const;
/** A gate that takes a partition reads it whole: orders of a day may still work (DESIGN 19). */
const GATED = { retentionDays: 2 } as const;
const EVENTS = { retentionDays: 30 } as const;
/** Books and records: the firm archives them (docs/run.md); the topic keeps a quarter. */
const EVIDENCE = { retentionDays: 90 } as const;

/** Never compacted: a change that is written late would hide the later one. A few records a day. */
const FULL_HISTORY = { retentionDays: 3_650 } as const;

/** Every topic of the product. The only place where a name, a key or a cleanup policy is written. */
export const TOPICS = {
  fills: topic(
    'fills.v1',
    'executed trades, their cancels and corrections',
    'account_id',
    fillEntrySchema,
    INPUT,
    true,
  ),
  cash: topic(
    'cash.v1',
    'deposits, withdrawals and their reversals',
    'account_id',
    cashEntrySchema,
    INPUT,
    true,
  ),
  adjustments: topic(
    'adjustments.v1',
    'changes of books by a person; blocks of accounts and their clearing',
    'account_id',
    adjustmentSchema,
    INPUT,
    true,
  ),
  prices: topic('prices.v1', 'last prices', 'symbol', priceSchema, 'compact', true),
  betas: topic('betas.v1', 'betas to SPY', 'symbol', betaSchema, 'compact', true),
  instruments: topic(
    'instruments.v1',
    'halts, resumptions and cleared prices',
    'symbol',
    instrumentSchema,
    'compact',
    true,
  ),
  priceMarks: topic(
    'margin-engine.marks.v1',
    'which price counts, and why one does not: what the engine restarts from',
    'symbol',
    priceMarkSchema,
    'compact',
    false,
  ),
  marginCalc: topic(
    'margin.calc.v1',
    'the margin figures of each account',
    'account_id',
    marginCalcSchema,
    'compact',
    false,
  ),
  stress: topic(
    'stress.beta_spy.v1',
    'what eight SPY moves would do to each account',
    'account_id',
    stressSchema,
    { retentionDays: 7 },
    false,
  ),
  heartbeats: topic(
    'engine.heartbeats.v1',
    'how far the engine has applied its inputs',
    'partition',
    heartbeatSchema,
    { retentionDays: 1 },
    false,
  ),
  engineChangelog: topic(
    'margin-engine.changelog.v1',
    'the state of the engine, from which it restarts',
    'account_id',
    changelogSchema,
    'compact',
    false,
  ),
  marginCalls: topic(
    'margin.calls.v1',
    'warnings, margin calls, past due, met',
    'account_id',
    marginCallSchema,
    EVENTS,
    false,
  ),
  restrictions: topic(
    'restrictions.v1',
    'close-only put on and lifted',
    'account_id',
    restrictionSchema,
    EVENTS,
    false,
  ),
  liquidations: topic(
    'liquidations.v1',
    'liquidations triggered and completed',
    'account_id',
    liquidationSchema,
    EVENTS,
    false,
  ),
  orders: topic('orders.v1', 'orders of customers', 'account_id', orderSchema, INPUT, true),
  gatedOrders: topic(
    'orders.gated.v1',
    'what the gate decided on each order, and who owns a partition of it',
    'account_id',
    gatedOrderSchema,
    GATED,
    false,
  ),
  liquidationOrders: topic(
    'liquidation.orders.v1',
    'orders that liquidate',
    'account_id',
    liquidationOrderSchema,
    EVENTS,
    true,
  ),
  orderCancels: topic(
    'order.cancels.v1',
    'working orders to cancel',
    'account_id',
    orderCancelSchema,
    EVENTS,
    true,
  ),
  executions: topic(
    'executions.v1',
    'what became of orders at the venue',
    'account_id',
    executionSchema,
    EVENTS,
    false,
  ),
  notices: topic(
    'notices.v1',
    'what customers were told, attempt by attempt',
    'account_id',
    noticeSchema,
    EVIDENCE,
    false,
  ),
  enforcement: topic(
    'enforcement.v1',
    'what people and the liquidation brake hold of the whole firm: every change',
    'scope',
    enforcementSchema,
    FULL_HISTORY,
    false,
  ),
  riskSignals: topic(
    'risk_signals.v1',
    'what the windows over the flow of orders hold, beside their thresholds',
    'scope',
    riskSignalSchema,
    EVENTS,
    false,
  ),
  controlCommands: topic(
    'killswitch.commands.v1',
    'every kill, throttle and what else was asked of a scope: the full history',
    'scope',
    controlCommandSchema,
    'keep',
    true,
  ),
  controlEvents: topic(
    'control.events.v1',
    'the whole set of a scope after each change, as its workflow writes it',
    'scope',
    controlStateSchema,
    EVENTS,
    false,
  ),
  controlState: topic(
    'killswitch.state.v1',
    'the controls of each scope that stand: what gates load',
    'scope',
    controlStateSchema,
    'compact',
    false,
  ),
  gateLeases: topic(
    'gate.leases.v1',
    'which gates and venue adapters live, and how far they know the controls',
    'process',
    gateLeaseSchema,
    { retentionDays: 1 },
    false,
  ),
  alerts: topic('alerts.v1', 'what calls a person', 'subject', alertSchema, EVENTS, false),
  audit: topic('audit.v1', 'every decision', 'subject', auditSchema, EVIDENCE, false),
} as const satisfies Record<string, Topic>;

/** All topics of the product, dead-letter topics included. */
export function allTopics(): Topic[] {
  return Object.values<Topic>(TOPICS).flatMap((entry) =>
    entry.deadLetters ? [entry, deadLetterTopic(entry)] : [entry],
  );
}

/** The name of the topic where bad records of `topicName` go. */
export function deadLetterTopicName(topicName: string): string {
  return `${topicName}.dlq`;
}

function deadLetterTopic(source: Topic): Topic {
  return {
    name: deadLetterTopicName(source.name),
    purpose: `records of ${source.name} that were refused, with the reason`,
    key: 'origin',
    schema: deadLetterSchema,
    cleanup: EVIDENCE,
    deadLetters: false,
  };
}

function topic<const Name extends string, Schema extends z.ZodType>(
  name: Name,
  purpose: string,
  key: TopicKey,
  schema: Schema,
  cleanup: Topic['cleanup'],
  deadLetters: boolean,
): Topic & { readonly name: Name; readonly schema: Schema } {
  return { name, purpose, key, schema, cleanup, deadLetters };
}
