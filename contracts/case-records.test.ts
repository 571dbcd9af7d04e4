import type { StaleReason } from '#domain/case-events.ts';
import { summaryOf } from '#domain/case-summary.ts';
import type { CaseAction } from '#domain/ladder-actions.ts';
import { E4 } from '#domain/money.ts';
import { LadderWalk, WALK_POLICY } from '#test/ladder-walk.ts';
import { describe, expect, test } from '@jest/globals';
import { auditSchema, caseSnapshotSchema } from './case-events.ts';
import type { AuditRecord } from './case-events.ts';
import { caseRecords } from './case-records.ts';
import type { CaseRecord } from './case-records.ts';
import { TOPICS } from './topics.ts';
import type { Topic } from './topics.ts';

const STALE: StaleReason = { code: 'QUOTE_OLD', what: 'NVDA', observed: '9 s', limit: '5 s' };
const SCHEMAS = new Map(Object.values<Topic>(TOPICS).map(({ name, schema }) => [name, schema]));

/** The records of an action that a walk has taken. */
function recordsOf(walk: LadderWalk, action: CaseAction): CaseRecord[] {
  const request = {
    accountId: 'ACC_1',
    caseId: walk.state.caseId,
    caseStartedAt: 1_795_000_000_000,
    workflowId: 'account-case:ACC_1',
    runId: 'run-1',
    action,
    summary: summaryOf(walk.state),
  };
  return caseRecords(request, 'event-1');
}

/** Every action that a case can take, from stories that take it. */
function everyAction(): { walk: LadderWalk; action: CaseAction }[] {
  const paid = new LadderWalk().price(410).price(390).wait(9_500).deposit(60_000).wait(60_000);
  const cleared = new LadderWalk().price(410).price(500);
  const waiting = new LadderWalk({ ...WALK_POLICY, liquidationRelease: 'ONE_PERSON' });
  waiting.price(390).wait(10_000);
  waiting.give({ type: 'ACKNOWLEDGED', by: 'ann', at: waiting.now, note: null });
  const stuck = new LadderWalk().price(390).wait(30_000);
  const held = new LadderWalk();
  held.stale = STALE;
  held.price(390);
  held.stale = null;
  held.wait(1_500);
  const lost = new LadderWalk();
  lost.positions = [];
  lost.sequence += 1;
  lost.tell().wait(10_000);
  const risen = new LadderWalk().price(390).price(380).price(250).wait(3_000);
  const commanded = new LadderWalk().price(390);
  const said = { commandId: 'c1', at: commanded.now, by: 'ann', episode: 1 };
  const fundsExpireAt = commanded.now + 1_000;
  commanded.give({
    type: 'COMMAND',
    command: {
      ...said,
      type: 'PENDING_FUNDS',
      amountE4: 6_000 * E4,
      evidence: 'wire',
      fundsExpireAt,
    },
  });
  commanded.wait(2_000);
  const stressed = new LadderWalk();
  stressed.tellsStress = true;
  stressed.price(480).wait(60_000).price(520).wait(60_000);
  const unpriced = new LadderWalk().setPrice(null).tell();
  return [paid, cleared, waiting, stuck, held, lost, risen, commanded, stressed, unpriced].flatMap(
    (walk) => [...walk.taken, ...walk.clocks].map(({ action }) => ({ walk, action })),
  );
}

const ACTIONS = everyAction();

describe('the audit of a decision', () => {
  const [warned] = new LadderWalk().price(390).taken;
  const walk = new LadderWalk().price(390);
  if (warned === undefined) throw new Error('there was no call');
  const event = (action: CaseAction): AuditRecord =>
    auditSchema.parse(recordsOf(walk, action).at(-1)?.record);
  const details = (action: CaseAction): AuditRecord['details'] => event(action).details;

  test('holds what it saw: figures, cash, positions with prices, betas and times, and the policy', () => {
    expect(details(warned.action)).toMatchObject({
      proof: 'FRESH',
      policy_version: 'walk.1',
      policy_hash: WALK_POLICY.hash,
      figures: { equity: 45_000, maintenance_req: 48_750, regulatory_req: 48_750 },
      evidence: {
        cash: -150_000,
        positions: [{ symbol: 'NVDA', qty: 500, price: 390, beta: 1.8 }],
      },
    });
  });

  test('holds no evidence where nothing was re-read', () => {
    const [started] = walk.clocks;
    if (started === undefined) throw new Error('no clock runs');
    expect(details(started.action)).toMatchObject({ proof: 'TOLD', evidence: null });
  });

  test('names who decided at the top: the case by its ladder, or a person', () => {
    expect(event(warned.action)).toMatchObject({ actor: 'account-case' });
    walk.give({ type: 'ACKNOWLEDGED', by: 'ann', at: walk.now, note: null });
    const seen = walk.taken.at(-1);
    if (seen === undefined) throw new Error('nothing was taken');
    expect(event(seen.action)).toMatchObject({ actor: 'ann' });
  });
});

describe('the records of a case', () => {
  test('are tried with every kind of action', () => {
    expect(new Set(ACTIONS.map(({ action }) => action.type)).size).toBe(24);
  });

  test('fit the schemas of their topics', () => {
    for (const { walk, action } of ACTIONS) {
      for (const { topic, record } of recordsOf(walk, action)) {
        expect(SCHEMAS.get(topic)?.safeParse(record).error).toBeUndefined();
      }
    }
  });

  test('end with one audit event that carries the case', () => {
    for (const { walk, action } of ACTIONS) {
      const records = recordsOf(walk, action);
      const audits = records.filter(({ topic }) => topic === TOPICS.audit.name);
      expect(audits).toEqual(records.slice(-1));
      const { details } = auditSchema.parse(audits[0]?.record);
      const snapshot = caseSnapshotSchema.parse(details.case);
      expect(snapshot.case_version).toBe(
        `001795000000000-${String(action.number).padStart(10, '0')}`,
      );
    }
  });

  test('say in dollars and shares what was decided', () => {
    const walk = new LadderWalk().price(390).wait(9_500);
    const written = walk.taken.flatMap(({ action }) => recordsOf(walk, action));
    const of = (topic: string, text: string): unknown =>
      written.find(
        ({ topic: name, record }) => name === topic && JSON.stringify(record).includes(text),
      )?.record;
    expect(of('margin.calls.v1', '"action":"MARGIN_CALL"')).toMatchObject({
      action: 'MARGIN_CALL',
      rung: 'MARGIN_CALL',
      status: 'MARGIN_CALL',
      deficiency: 3_750,
      demand: 5_700,
      excess: -3_750,
    });
    expect(of('restrictions.v1', 'CLOSE_ONLY')).toMatchObject({
      action: 'CLOSE_ONLY',
      rung: 'RESTRICTED',
      holder: 'stale-call',
    });
    expect(of('liquidations.v1', 'TRIGGERED')).toMatchObject({
      positions: [{ symbol: 'NVDA', qty: 59, price: 390 }],
      residual_deficiency: null,
    });
    const [order] = walk.orders;
    expect(of('liquidation.orders.v1', 'NVDA')).toMatchObject({
      order_id: order?.orderId,
      side: 'SELL',
      qty: 59,
      price: 390,
      valid_until: order?.validUntil,
    });
  });

  test('name what made the case decide', () => {
    const walk = new LadderWalk().price(390).wait(9_500).price(380);
    const [order] = walk.orders;
    if (order === undefined) throw new Error('there is no order');
    // The sale brings the excess back, but releases less than was demanded.
    walk.setPrice(385);
    const execution = walk.execute(order, 59 * E4);
    walk.tell().give({ type: 'EXECUTION', execution });
    walk.give({ type: 'ACKNOWLEDGED', by: 'ann', at: walk.now, note: null });
    const causes = walk.taken.map(({ action }) => {
      const audit = auditSchema.parse(recordsOf(walk, action).at(-1)?.record);
      return `${audit.event_type} by ${String(audit.causation_id)}`;
    });
    expect(causes[0]).toBe('WARNING by margin.calc:0000000001-000000000000001');
    expect(causes).toContain(`MET by ${execution.execId}`);
    expect(causes.at(-1)).toBe('ACKNOWLEDGED by null');
  });
});
