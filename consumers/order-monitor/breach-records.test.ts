import { describe, expect, test } from '@jest/globals';
import { alertSchema } from '#contracts/alerts.ts';
import { controlCommandSchema } from '#contracts/control-commands.ts';
import { decodeMonitorPolicy, monitorPolicySchema } from '#contracts/order-monitor-policy.ts';
import type { Breach } from '#domain/monitor/order-monitor.ts';
import { breachRecords, commandIdOf } from './breach-records.ts';

const NOW = 1_710_000_000_000;
const BREACH: Breach = {
  scope: { kind: 'ACCOUNT', id: '12345' },
  metric: 'order_rate_60s',
  value: 101,
  threshold: 100,
  breached: true,
  action: 'KILL',
  episode: 1,
};

/** What is said of a breach, first the command if there is one. */
function allSaid(breach: Partial<Breach>, rate: number | null = null): unknown[] {
  const { records } = breachRecords({ ...BREACH, ...breach }, rate, 'orders.v1:3:17', NOW);
  return records.map(({ value }): unknown => JSON.parse(value ?? ''));
}

function said(breach: Partial<Breach>, rate: number | null = null): unknown {
  return allSaid(breach, rate)[0];
}

describe('a breach', () => {
  test('commands a kill with the reference’s fields', () => {
    const command = controlCommandSchema.parse(said({}));
    expect(command).toMatchObject({
      ts: NOW,
      scope: 'ACCOUNT:12345',
      action: 'KILL',
      mode: 'BLOCK',
      reason: 'Order rate breach: 101 orders in 60s, limit 100',
      triggered_by: 'order-monitor',
      metric: 'order_rate_60s',
      value: 101,
    });
    expect(command.cmd_id).toBe(command.corr_id);
  });

  test.each([
    [{ action: 'REDUCE_ONLY' }, null, { action: 'KILL', mode: 'REDUCE_ONLY' }],
    [{ action: 'THROTTLE' }, 50, { action: 'THROTTLE', max_rate_per_second: 50 }],
    [
      { metric: 'notional_60s', value: 10_000_005_000, threshold: 10_000_000_000 },
      null,
      { value: 1_000_000.5 },
    ],
  ] as const)('%j commands %j', (breach, rate, command) => {
    expect(controlCommandSchema.parse(said(breach, rate))).toMatchObject(command);
  });

  test('whose action is to tell a person raises an alert', () => {
    const alert = alertSchema.parse(
      said({ action: 'ALERT', metric: 'concentration_60s', value: 800_000, threshold: 700_000 }),
    );
    expect(alert).toMatchObject({ code: 'ORDER_FLOW', subject: 'ACCOUNT:12345' });
    expect(alert.what).toMatch(/80\.0 % in one symbol in 60s, limit 70\.0 %/);
  });

  test.each([
    ['KILL', null, /The monitor has killed it/],
    ['REDUCE_ONLY', null, /The monitor lets it reduce only/],
    ['THROTTLE', 50, /The monitor has throttled it/],
  ] as const)('with the action %s calls a person too, who hears of it', (action, rate, what) => {
    const [, told, ...more] = allSaid({ action }, rate);
    expect(alertSchema.parse(told)).toMatchObject({ code: 'ORDER_FLOW', event: 'RAISED' });
    expect(alertSchema.parse(told).what).toMatch(what);
    expect(more).toEqual([]);
    expect(allSaid({ action: 'ALERT' })).toHaveLength(1);
  });

  test('has one command: the same when its orders are read again, another for the next episode', () => {
    const first = commandIdOf('ACCOUNT:1', 'order_rate_60s', 'orders.v1:0:1');
    expect(commandIdOf('ACCOUNT:1', 'order_rate_60s', 'orders.v1:0:1')).toBe(first);
    const others = [
      commandIdOf('ACCOUNT:2', 'order_rate_60s', 'orders.v1:0:1'),
      commandIdOf('ACCOUNT:1', 'order_rate_5m', 'orders.v1:0:1'),
      commandIdOf('ACCOUNT:1', 'order_rate_60s', 'orders.v1:0:2'),
    ];
    expect(new Set([first, ...others]).size).toBe(4);
  });
});

describe('the thresholds', () => {
  const one = { scope: 'ACCOUNT', metric: 'order_rate_60s', above: 100, action: 'KILL' };
  test('are read in the domain’s units', () => {
    const file = monitorPolicySchema.parse({
      version: 1,
      thresholds: [
        one,
        { ...one, metric: 'notional_5m', above: 1_000_000 },
        { ...one, metric: 'concentration_15m', above: 0.7, action: 'ALERT', orders_min: 20 },
      ],
    });
    expect(decodeMonitorPolicy(file).thresholds.map(({ above }) => above)).toEqual([
      100, 10_000_000_000, 700_000,
    ]);
  });

  test.each([
    ['a kill of the whole firm', { ...one, scope: 'GLOBAL' }],
    ['a throttle without its rate', { ...one, action: 'THROTTLE' }],
    ['a rate without a throttle', { ...one, max_rate_per_second: 5 }],
    ['a window that there is not', { ...one, metric: 'order_rate_1h' }],
  ])('are refused: %s', (_what, threshold) => {
    expect(monitorPolicySchema.safeParse({ version: 1, thresholds: [threshold] }).success).toBe(
      false,
    );
  });
});
