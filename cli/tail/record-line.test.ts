import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { TOPICS } from '#contracts/topics.ts';
import { marginCalc } from '#test/account-records.ts';
import { painted, plain } from '../account-text.ts';
import { recordLine } from './record-line.ts';

const AT = Date.UTC(2026, 10, 20, 14, 30, 5, 7);

function line(topic: string, content: object | undefined, key = 'ACC_1'): string {
  const fields = content === undefined ? undefined : { ...content };
  return recordLine({ topic, key, timestamp: AT, content: fields }, 12, plain);
}

describe('a record as a line', () => {
  const cases: [string, string, object, string][] = [
    [
      'a fill',
      TOPICS.fills.name,
      { account_id: 'ACC_1', fill_id: 'f1', symbol: 'NVDA', qty: -500, price: 400.5 },
      '-500  NVDA  400.50  fill_id f1',
    ],
    [
      'figures',
      TOPICS.marginCalc.name,
      marginCalc({ status: 'WARNING', excess: -1.5 }),
      'WARNING  equity 250,000.00  requirement 50,000.00  excess -1.50  FILL',
    ],
    [
      'a margin call with the time of day it is due',
      TOPICS.marginCalls.name,
      { account_id: 'ACC_1', action: 'MARGIN_CALL', demand: 10_000, due_at: AT + 6_000 },
      'MARGIN_CALL  demand 10,000.00  due 14:30:11.007',
    ],
    [
      'a margin call that is due another day',
      TOPICS.marginCalls.name,
      { account_id: 'ACC_1', action: 'MARGIN_CALL', due_at: AT + 86_400_000 },
      'MARGIN_CALL  due 2026-11-21 14:30:05',
    ],
    [
      'a liquidation with its legs',
      TOPICS.liquidations.name,
      { account_id: 'ACC_1', action: 'TRIGGERED', positions: [{ symbol: 'NVDA', qty: 12 }] },
      'TRIGGERED  12 NVDA',
    ],
    [
      'an order that may pass, its decision said once',
      TOPICS.gatedOrders.name,
      {
        kind: 'DECISION',
        order: {
          type: 'NEW',
          account_id: 'ACC_1',
          side: 'SELL',
          qty: 4,
          symbol: 'NVDA',
          price: 425,
        },
        decision: 'ALLOW',
        code: 'ALLOW',
        observed: null,
        limit: null,
      },
      'ALLOW  SELL  4  NVDA  425.00',
    ],
    [
      'a refused order with what was seen',
      TOPICS.gatedOrders.name,
      {
        kind: 'DECISION',
        order: {
          type: 'NEW',
          account_id: 'ACC_1',
          side: 'BUY',
          qty: 4,
          symbol: 'NVDA',
          price: 425,
        },
        decision: 'REJECT',
        code: 'CLOSE_ONLY',
        observed: 0,
        limit: 0,
      },
      'REJECT  CLOSE_ONLY  BUY  4  NVDA  425.00  observed 0  limit 0',
    ],
    [
      'an audited decision with why and by whom',
      TOPICS.audit.name,
      {
        account_id: 'ACC_1',
        event_type: 'HELD',
        actor: 'account-case',
        details: { rung: 'WARNING', reason: { code: 'QUOTE_OLD', what: 'NVDA', observed: '9 s' } },
      },
      'HELD  WARNING  actor account-case  QUOTE_OLD NVDA 9 s',
    ],
    [
      'a notice without its text',
      TOPICS.notices.name,
      { kind: 'WARNING', channel: 'log', state: 'FAILED', body: 'Dear', reason: 'no answer' },
      'WARNING  log  FAILED  no answer',
    ],
    [
      'what is so, and not what is not',
      TOPICS.stress.name,
      { scenario: -0.08, delta_pnl: -100, excess_stressed: 5, underwater: true },
      'SPY -8 %  moves -100.00  excess 5.00  underwater',
    ],
    [
      'a dead letter with its reason',
      `${TOPICS.fills.name}.dlq`,
      {
        account_id: 'ACC_1',
        code: 'SCHEMA',
        reason: 'qty: must not be 0',
        partition: 3,
        offset: 17,
        value_base64: 'e',
      },
      'SCHEMA  qty: must not be 0  partition 3  offset 17',
    ],
    [
      'a record of a topic that needs no words of its own, without what only machines read',
      'later.v1',
      { account_id: 'ACC_1', type: 'NEW', level: 2, correlation_id: 'c', nested: {}, none: null },
      'NEW  level 2',
    ],
  ];
  test.each(cases)('shows %s', (_, topic, content, said) => {
    expect(line(topic, content)).toMatch(/^14:30:05\.007 {2}\S+ +ACC_1 +/);
    expect(line(topic, content).trimEnd().endsWith(`  ${said}`)).toBe(true);
  });

  test('names what it cannot read', () => {
    expect(line(TOPICS.fills.name, undefined)).toContain('no JSON');
  });

  test('has the account of the record, else its key', () => {
    expect(line(TOPICS.audit.name, { account_id: 'ACC_7', event_type: 'X' }, 'k')).toContain(
      'ACC_7',
    );
    expect(line(TOPICS.prices.name, { symbol: 'NVDA', price: 1 }, 'NVDA')).toContain('NVDA');
  });

  test('marks bad news for a terminal', () => {
    const content = { account_id: 'ACC_1', action: 'MARGIN_CALL' };
    const topic = TOPICS.marginCalls.name;
    const coloured = recordLine({ topic, key: 'ACC_1', timestamp: AT, content }, 12, painted);
    expect(coloured).toContain('\u001b[31mMARGIN_CALL\u001b[39m');
  });

  test('stays one line, and moves no cursor, whatever others wrote', () => {
    const topics = fc.constantFrom('fills.v1.dlq', 'liquidations.v1', 'alerts.v1', 'later.v1');
    const wild = fc.string({ unit: 'binary' });
    const content = fc.dictionary(
      fc.oneof(
        fc.constantFrom('reason', 'code', 'action', 'positions', 'due_at', 'details', 'what'),
        wild,
      ),
      fc.oneof(wild, fc.double(), fc.array(fc.oneof(wild, fc.dictionary(wild, wild)))),
    );
    fc.assert(
      fc.property(topics, wild, content, (topic, key, fields) => {
        const text = line(topic, fields, key);
        expect(text.endsWith('\n')).toBe(true);
        expect(text.slice(0, -1)).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
      }),
    );
  });
});
