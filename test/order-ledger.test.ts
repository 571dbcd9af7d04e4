import { describe, expect, test } from '@jest/globals';
import { executionSchema } from '#contracts/case-events.ts';
import type { ExecutionRecord } from '#contracts/case-events.ts';
import type { GatedDecision } from '#contracts/gated-orders.ts';
import { orderAudit } from '#contracts/order-audit.ts';
import { TOPICS } from '#contracts/topics.ts';
import type { InboundRecord } from '#ports/records.ts';
import { OrderLedger } from './order-ledger.ts';
import type { LEDGER_TOPICS } from './order-ledger.ts';

/** One order of 10 NVDA, its decision of the owner with marker 0, its audit, its execution. */
const EVENT_ID = 'orders.v1:0:0';

type LedgerTopic = (typeof LEDGER_TOPICS)[number];

function record(topic: LedgerTopic, offset: number, content: object): InboundRecord {
  const value = Buffer.from(JSON.stringify(content));
  return { topic, partition: 0, offset, key: 'ACC_1', value, timestamp: 1_000 + offset };
}

const sent = record(TOPICS.orders.name, 0, {});

function owner(offset: number): InboundRecord {
  return record(TOPICS.gatedOrders.name, offset, {
    ...{ kind: 'OWNER', partition: 0, process: 'order-gate-1', ts: 1 },
  });
}

function decision(changes: Partial<GatedDecision> = {}): GatedDecision {
  return {
    ...{ kind: 'DECISION', event_id: EVENT_ID, epoch: 0, ts: 1, policy_version: 1, corr_id: 'C1' },
    source: { topic: 'orders.v1', partition: 0, offset: 0 },
    order: {
      ...{ type: 'NEW', order_id: 'O1', ts: 1, account_id: 'ACC_1', symbol: 'NVDA', side: 'BUY' },
      ...{ qty: 10, price: 400, strategy: 'alpha', liquidation: false },
    },
    ...{ decision: 'ALLOW', code: 'ALLOW', observed: null, limit: null },
    ...{ valid_until: 2, expires_at: 3, accepted: { opens_qty: 10, adverse_price: 0 } },
    evidence: {
      ...{ position: 0, reducing_leaves: 0, excess: 9_000, reserved: 0, price: 400 },
      ...{ cash: null, cash_claimed: null, price_at: null, figures_version: null, controls: [] },
    },
    ...changes,
  };
}

function decided(offset: number, changes: Partial<GatedDecision> = {}): InboundRecord {
  return record(TOPICS.gatedOrders.name, offset, decision(changes));
}

function audited(
  offset: number,
  gatedOffset: number,
  changes: Partial<GatedDecision> = {},
): InboundRecord {
  const audit = orderAudit(decision(changes), gatedOffset, 'ACC_1');
  return record(TOPICS.audit.name, offset, audit);
}

function executed(offset: number, changes: Partial<ExecutionRecord> = {}): InboundRecord {
  const content = executionSchema.parse({
    ...{ exec_id: 'E1', order_id: 'O1', account_id: 'ACC_1', symbol: 'NVDA', side: 'BUY' },
    ...{ last_qty: 10, last_price: 400, cum_qty: 10, leaves_qty: 0, status: 'FILLED' },
    ...{ reason: null, timestamp: 1, fill_partition: 0, fill_offset: 0, corr_id: 'C1' },
    ...changes,
  });
  return record(TOPICS.executions.name, offset, content);
}

const REFUSED = { decision: 'REJECT', code: 'CREDIT', accepted: null } as const;
const even = [sent, owner(0), decided(1), audited(0, 1), executed(0)];

function reconciled(...records: readonly InboundRecord[]) {
  const ledger = new OrderLedger();
  for (const each of records) ledger.take(each);
  return ledger.reconcile();
}

describe('the reckoning of orders', () => {
  test('comes out when each order has its decision and its audit', () => {
    expect(reconciled(...even)).toEqual({
      orders: 1,
      decided: { ALLOW: 1, DROP: 0, THROTTLE: 0, DUPLICATE: 0, REJECT: 0 },
      voidDecisions: 0,
      voidAudits: 0,
      auditsToldAgain: 0,
      wrong: [],
    });
  });

  test('comes out in whatever order the topics are read', () => {
    expect(reconciled(...even.slice(3), ...even.slice(0, 3)).wrong).toEqual([]);
  });

  test('leaves out what a gate decided and audited that had lost its partition', () => {
    const late = [owner(2), decided(3, { epoch: 0 }), audited(1, 3)];
    expect(reconciled(...even, ...late)).toMatchObject({
      ...{ voidDecisions: 1, voidAudits: 1, wrong: [] },
    });
  });

  test('counts an audit once that a later owner tells again', () => {
    expect(reconciled(...even, audited(1, 1))).toMatchObject({ auditsToldAgain: 1, wrong: [] });
  });

  const faults: readonly [string, readonly InboundRecord[], string][] = [
    ['a lost order', [sent, owner(0)], '1 orders without a decision'],
    ['a second decision', [...even, decided(2)], '1 orders with two decisions'],
    ['an invented order', even.slice(1), '1 decisions on what nobody sent'],
    ['a lost audit', [sent, owner(0), decided(1), executed(0)], '1 decisions without an audit'],
    [
      'an audit that tells something else',
      [...even, audited(1, 1, REFUSED)],
      '1 decisions of which an audit tells something else',
    ],
    [
      'an audit told again without what was seen',
      [...even, audited(1, 1, { evidence: null })],
      '1 decisions of which an audit tells something else',
    ],
    [
      'an audit of what is void alone',
      [sent, owner(0), decided(1), audited(0, 7)],
      '1 decisions without an audit',
    ],
    [
      'an execution told twice',
      [...even, executed(1, { last_qty: 0.5 })],
      '1 executions that were told twice',
    ],
    [
      'an execution of what was refused',
      [sent, owner(0), decided(1, REFUSED), audited(0, 1), executed(0)],
      '1 orders executed that were not allowed, or beyond their quantity',
    ],
    [
      'an execution of what nobody sent',
      [...even, executed(1, { exec_id: 'E2', order_id: 'O2' })],
      '1 orders executed that were not allowed, or beyond their quantity',
    ],
    [
      'more executed than was allowed',
      [...even, executed(1, { exec_id: 'E2', last_qty: 1 })],
      '1 orders executed that were not allowed, or beyond their quantity',
    ],
  ];

  test.each(faults)('finds %s', (_fault, records, said) => {
    expect(reconciled(...records).wrong).toContain(said);
  });
});
