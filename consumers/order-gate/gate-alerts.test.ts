import { describe, expect, test } from '@jest/globals';
import { alertSchema, isOpenAlert, mergeAlert } from '#contracts/alerts.ts';
import type { AlertRecord } from '#contracts/alerts.ts';
import type { GatedDecision } from '#contracts/gated-orders.ts';
import type { NewOrder } from '#domain/gate/orders.ts';
import { ALLOW, drop } from '#domain/gate/verdict.ts';
import type { Verdict } from '#domain/gate/verdict.ts';
import { GateAlerts } from './gate-alerts.ts';

const LIQUIDATION: NewOrder = {
  ...{ type: 'NEW', orderId: 'LIQ-1', ts: 1, accountId: 'ACC_1', symbol: 'NVDA', side: 'SELL' },
  ...{ qtyE4: 1, priceE4: 1, strategy: 'liquidation', liquidation: true, validUntil: 9 },
};

const HELD_BY_SYMBOL = drop('KILLED', 'SYMBOL:NVDA', 'BLOCK');
const HELD_BY_FIRM = drop('KILLED', 'GLOBAL', 'BLOCK');

/** What a gate says of liquidations that it decides, one a millisecond. */
function alertsOf(...decided: readonly (readonly [Verdict, string])[]): AlertRecord[] {
  const alerts = new GateAlerts(3);
  return decided.flatMap(([verdict, symbol], ts) =>
    alerts
      .of({ ...LIQUIDATION, symbol }, decisionOf(verdict, ts))
      .map(({ value }) => alertSchema.parse(JSON.parse(String(value)))),
  );
}

function decisionOf(verdict: Verdict, ts: number): GatedDecision {
  return {
    ...{ kind: 'DECISION', event_id: `orders:0:${String(ts)}`, epoch: 1, ts, order: null },
    source: { topic: 'liquidation.orders.v1', partition: 3, offset: ts },
    ...verdict,
    ...{ valid_until: null, accepted: null, expires_at: null, evidence: null },
    ...{ policy_version: 1, corr_id: 'c-1' },
  };
}

describe('a person is called for a liquidation that is held', () => {
  test('once, until the next one passes', () => {
    const [raised, cleared, ...more] = alertsOf(
      [HELD_BY_SYMBOL, 'NVDA'],
      [HELD_BY_SYMBOL, 'NVDA'],
      [ALLOW, 'NVDA'],
      [ALLOW, 'NVDA'],
    );
    if (raised === undefined || cleared === undefined) throw new Error('two alerts were expected');
    expect(more).toEqual([]);
    expect(raised).toMatchObject({ code: 'LIQUIDATION_HELD', event: 'RAISED' });
    expect(cleared).toMatchObject({ event: 'CLEARED', cleared_at: 2, alert_id: raised.alert_id });
    expect(isOpenAlert(mergeAlert(raised, cleared))).toBe(false);
  });

  test('not less by one of another symbol that passes', () => {
    const alerts = alertsOf([HELD_BY_SYMBOL, 'NVDA'], [ALLOW, 'XYZ']);
    expect(alerts).toMatchObject([{ event: 'RAISED' }]);
  });

  test('for the firm’s kill until any one passes, and anew when it comes again', () => {
    const alerts = alertsOf([HELD_BY_FIRM, 'NVDA'], [ALLOW, 'XYZ'], [HELD_BY_FIRM, 'NVDA']);
    expect(alerts.map(({ event }) => event)).toEqual(['RAISED', 'CLEARED', 'RAISED']);
    expect(new Set(alerts.map(({ alert_id }) => alert_id)).size).toBe(2);
  });
});
