import { describe, expect, test } from '@jest/globals';
import type {
  ExecutionRecord,
  LiquidationOrderRecord,
  RestrictionRecord,
} from '#contracts/case-events.ts';
import type { RungName } from '#contracts/account-state.ts';
import type { MarginCalcRecord } from '#contracts/margin-figures.ts';
import { concluded, firstAttempt } from '#contracts/notice-attempts.ts';
import type { ChannelName, NoticeRecord } from '#contracts/notices.ts';
import { TOPICS } from '#contracts/topics.ts';
import type { InboundRecord } from '#ports/records.ts';
import { marginCalc, NOON } from '../account-records.ts';
import { callFindings } from './calls.ts';
import { repeatedNotices, repeatedSteps, repeatedStress, wrongOrders } from './once.ts';
import { wrongFigures } from './right-figures.ts';
import { wrongRungs } from './right-rungs.ts';
import { RunWatch } from './run-watch.ts';
import type { CaseEvent, Said } from './run-watch.ts';
import { timerFindings } from './timers.ts';

/** A judge that lets everything pass proves nothing: each is shown what it must object to. */

const POLICY = { dueAfterMs: 6_000, graceMs: 3_000 };

function said(
  action: CaseEvent['action'],
  writtenAt: number,
  episode = 1,
  holder: RestrictionRecord['holder'] = 'stale-call',
): Said<CaseEvent> {
  const common = {
    event_id: `${action}-${String(writtenAt)}`,
    account_id: 'ACC_1',
    episode,
    timestamp: writtenAt,
    rung: 'MARGIN_CALL',
    status: 'MARGIN_CALL',
    figures_version: '1',
    deficiency: 1,
    excess: -1,
    equity: 1,
    maintenance_req: 2,
    policy_version: 'demo.1',
    correlation_id: 'c',
  } as const;
  const events: Record<CaseEvent['action'], () => CaseEvent> = {
    WARNING: () => call('WARNING'),
    MARGIN_CALL: () => call('MARGIN_CALL'),
    PAST_DUE: () => call('PAST_DUE'),
    MET: () => call('MET'),
    CLOSE_ONLY: () => restriction('CLOSE_ONLY'),
    LIFTED: () => restriction('LIFTED'),
    TRIGGERED: () => liquidation('TRIGGERED'),
    COMPLETED: () => liquidation('COMPLETED'),
  };
  const call = (name: 'WARNING' | 'MARGIN_CALL' | 'PAST_DUE' | 'MET'): CaseEvent => ({
    ...common,
    action: name,
    renotified: false,
    demand: 1,
    outstanding: 1,
    current_demand: 1,
    original_demand: 1,
    peak_demand: 1,
    issued_at: null,
    due_at: null,
    met_by: null,
  });
  const restriction = (name: 'CLOSE_ONLY' | 'LIFTED'): CaseEvent => ({
    ...common,
    action: name,
    reason: 'r',
    holder,
  });
  const liquidation = (name: 'TRIGGERED' | 'COMPLETED'): CaseEvent => ({
    ...common,
    action: name,
    positions: [],
    residual_deficiency: null,
  });
  return { event: events[action](), writtenAt };
}

function inbound(topic: string, record: NoticeRecord, offset: number): InboundRecord {
  const value = Buffer.from(JSON.stringify(record));
  return {
    topic,
    partition: 0,
    offset,
    key: record.account_id,
    value,
    timestamp: record.timestamp,
  };
}

describe('figures', () => {
  const fold = new Map([
    ['ACC_1', { cashE4: 500_000_000n, positions: new Map([['NVDA', 5_000_000n]]) }],
  ]);
  const marks = { NVDA: 400 };

  test('that are the fold’s are right', () => {
    expect(wrongFigures(new Map([['ACC_1', marginCalc()]]), fold, marks)).toEqual([]);
  });

  test.each([
    ['a cent off', marginCalc({ cash: 50_000.01 })],
    ['of an old price', marginCalc({ excess: 199_000 })],
    ['of a position too many', marginCalc({ positions: [] })],
  ])('%s are wrong', (_what, figures) => {
    expect(wrongFigures(new Map([['ACC_1', figures]]), fold, marks)).toHaveLength(1);
  });

  test('that are missing, or come from nowhere, are wrong', () => {
    expect(wrongFigures(new Map([['ACC_2', marginCalc()]]), fold, marks)).toHaveLength(2);
  });
});

describe('at rest', () => {
  const thin = { status: 'WARNING', excess: 5_000 } as const;
  const flatAndLost: Partial<MarginCalcRecord> = {
    status: 'MARGIN_CALL',
    excess: -10,
    gross_mv: 0,
    positions: [],
  };
  const unproven = { status: 'WARNING', excess: 1_000 } as const;
  const cases: [string, Parameters<typeof marginCalc>[0], RungName, boolean][] = [
    ['a healthy account has no case', {}, 'ACTIVE', true],
    ['a healthy account is not called', {}, 'MARGIN_CALL', false],
    ['a thin one is warned', thin, 'WARNING', true],
    ['a thin one is not left alone', thin, 'ACTIVE', false],
    ['a flat one with a debt is a person’s', flatAndLost, 'UNSECURED_DEFICIT', true],
    ['a flat one with a debt is not forgotten', flatAndLost, 'ACTIVE', false],
    ['one below the line with a position does not rest', { excess: -10 }, 'RESTRICTED', false],
    ['a call that is not proved met stays', unproven, 'MARGIN_CALL', true],
  ];
  test.each(cases)('%s', (_what, figures, rung, right) => {
    const wrong = wrongRungs(
      new Map([['ACC_1', marginCalc(figures)]]),
      new Map([['ACC_1', { rung }]]),
      0.01,
    );
    expect(wrong).toHaveLength(right ? 0 : 1);
  });
});

describe('once', () => {
  test('a step of an episode, and again in the next', () => {
    const once = [said('MARGIN_CALL', 1), said('MARGIN_CALL', 9, 2)];
    expect(repeatedSteps(once)).toEqual([]);
    expect(repeatedSteps([...once, said('MARGIN_CALL', 2)])).toEqual([
      'MARGIN_CALL of ACC_1, episode 1 happened 2 times',
    ]);
  });

  test('stress puts close-only on and lifts it in turn, beside what the call does', () => {
    const byStress = (action: 'CLOSE_ONLY' | 'LIFTED', at: number): Said<CaseEvent> =>
      said(action, at, 1, 'stress');
    const inTurn = [byStress('CLOSE_ONLY', 1), byStress('LIFTED', 2), byStress('CLOSE_ONLY', 3)];
    const withCall = [...inTurn, said('CLOSE_ONLY', 4)];
    expect([...repeatedSteps(withCall), ...repeatedStress(withCall)]).toEqual([]);
    expect(repeatedStress([...withCall, byStress('CLOSE_ONLY', 5)])).toEqual([
      'CLOSE_ONLY of ACC_1 by stress came twice in a row',
    ]);
    expect(repeatedStress([byStress('LIFTED', 1)])).toHaveLength(1);
  });

  const order: LiquidationOrderRecord = {
    order_id: 'o',
    ts: NOON,
    account_id: 'ACC_1',
    symbol: 'NVDA',
    side: 'SELL',
    qty: 10,
    price: 400,
    strategy: 'liquidation',
    valid_until: NOON + 1,
    corr_id: 'c',
  };
  const execution = (changes: Partial<ExecutionRecord>): [string, ExecutionRecord] => {
    const record: ExecutionRecord = {
      exec_id: 'e',
      order_id: 'o',
      account_id: 'ACC_1',
      symbol: 'NVDA',
      side: 'SELL',
      last_qty: 10,
      last_price: 400,
      cum_qty: 10,
      leaves_qty: 0,
      status: 'FILLED',
      reason: null,
      timestamp: NOON,
      fill_partition: 0,
      fill_offset: 0,
      corr_id: 'c',
      ...changes,
    };
    return [record.exec_id, record];
  };

  test.each([
    ['one end', [execution({})], 0],
    [
      'one end, having worked at the venue before',
      [execution({ exec_id: 'd', last_qty: 0, status: 'ACCEPTED' }), execution({})],
      0,
    ],
    ['none, still working at the venue', [execution({ last_qty: 0, status: 'ACCEPTED' })], 1],
    ['none', [], 1],
    ['two ends, and too much sold', [execution({}), execution({ exec_id: 'f' })], 2],
    ['an order that nobody sent', [execution({}), execution({ exec_id: 'f', order_id: 'p' })], 1],
  ])('an order comes to an end: %s', (_what, executions, wrong) => {
    expect(wrongOrders(new Map([['o', order]]), new Map(executions))).toHaveLength(wrong);
  });
});

describe('a customer', () => {
  const TOLD = { noticeId: 'n', accountId: 'ACC_1', episode: 1, kind: 'MARGIN_CALL' } as const;
  const TEXT = { subject: 's', body: 'b', amountE4: null, dueAt: null };
  const attempt = (
    id: string,
    outcome: 'DELIVERED' | 'FAILED',
    channel: ChannelName = 'log',
  ): NoticeRecord[] => {
    const notice = { ...TOLD, issuedAt: NOON, correlationId: 'c', text: TEXT };
    const begun = firstAttempt(notice, channel, id, NOON);
    const came = outcome === 'FAILED' ? { outcome, reason: 'no server' } : { outcome };
    return [begun, concluded(begun, came, NOON + 10)];
  };
  test.each([
    ['is told once', [...attempt('a', 'DELIVERED')], 0],
    [
      'is told over two channels',
      [attempt('a', 'DELIVERED'), attempt('b', 'DELIVERED', 'smtp')].flat(),
      0,
    ],
    ['is told after a failure', [attempt('a', 'FAILED'), attempt('b', 'DELIVERED')].flat(), 0],
    [
      'is not told less by a record that comes twice',
      [attempt('a', 'DELIVERED'), attempt('a', 'DELIVERED')].flat(),
      0,
    ],
    ['is never told twice', [attempt('a', 'DELIVERED'), attempt('b', 'DELIVERED')].flat(), 1],
  ])('%s', (_what, attempts, wrong) => {
    const watch = new RunWatch();
    watch.read(attempts.map((record, offset) => inbound(TOPICS.notices.name, record, offset)));
    expect(repeatedNotices(watch.deliveries)).toHaveLength(wrong);
    expect(RunWatch.topics).toContain(TOPICS.notices.name);
  });
});

describe('a timer', () => {
  const called = said('MARGIN_CALL', NOON);
  const restricted = said('CLOSE_ONLY', NOON);
  test.each([
    ['due on time', [called, said('PAST_DUE', NOON + 6_020)], 0],
    ['due too early', [called, said('PAST_DUE', NOON + 5_900)], 1],
    ['due without a call', [said('PAST_DUE', NOON + 6_020)], 1],
    ['liquidated on time', [restricted, said('TRIGGERED', NOON + 3_001)], 0],
    ['liquidated too early', [restricted, said('TRIGGERED', NOON + 2_000)], 1],
  ])('%s', (_what, events, early) => {
    expect(timerFindings(events, new Set(), POLICY).early).toHaveLength(early);
  });

  test('that was accelerated is not early', () => {
    const events = [called, said('PAST_DUE', NOON + 10)];
    expect(timerFindings(events, new Set(['ACC_1/1']), POLICY)).toEqual({
      early: [],
      latenessMs: [],
    });
  });
});

describe('a call', () => {
  const trouble = { accountId: 'ACC_1', from: NOON, to: null };
  test.each([
    ['came', [said('MARGIN_CALL', NOON + 300)], { missed: 0, delayMs: [300] }],
    ['never came', [], { missed: 1, delayMs: [] }],
    ['was open already', [said('MARGIN_CALL', NOON - 300)], { missed: 0, delayMs: [] }],
    [
      'was met before',
      [said('MARGIN_CALL', NOON - 300), said('MET', NOON - 100)],
      { missed: 1, delayMs: [] },
    ],
    [
      'was met before, and came again',
      [
        said('MARGIN_CALL', NOON - 300),
        said('MET', NOON - 100),
        said('MARGIN_CALL', NOON + 200, 2),
      ],
      { missed: 0, delayMs: [200] },
    ],
    [
      'was met afterwards',
      [said('MARGIN_CALL', NOON - 300), said('MET', NOON + 5_000)],
      { missed: 0, delayMs: [] },
    ],
  ])('%s', (_what, events, { missed, delayMs }) => {
    const findings = callFindings(events, [trouble], 1_000, NOON + 60_000);
    expect(findings.missed).toHaveLength(missed);
    expect(findings.delayMs).toEqual(delayMs);
  });

  test('is not missed by who was above the line again before it had to come', () => {
    const short = { ...trouble, to: NOON + 900 };
    expect(callFindings([], [short], 1_000, NOON + 60_000).missed).toEqual([]);
  });
});
