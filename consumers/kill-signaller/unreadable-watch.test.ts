import { beforeEach, describe, expect, test } from '@jest/globals';
import type { AlertRecord } from '#contracts/alerts.ts';
import type { GateLeaseRecord } from '#contracts/gate-leases.ts';
import { TOPICS } from '#contracts/topics.ts';
import type { InboundRecord } from '#ports/records.ts';
import { testLogger } from '#test/kafka-fixture.ts';
import { leaseRecord } from '#test/lease-fixture.ts';
import { LivingLeases } from './living-leases.ts';
import { UnreadableWatch } from './unreadable-watch.ts';

const NOW = 1_795_000_000_000;
const CONTROL = {
  ...{ scope: 'SYMBOL:NVDA', topic: 'killswitch.state.v1', partition: 1, offset: 7 },
  since: NOW - 60_000,
};

let leases: LivingLeases;
let watch: UnreadableWatch;

beforeEach(() => {
  leases = new LivingLeases();
  watch = opened();
});

function opened(): UnreadableWatch {
  return new UnreadableWatch({
    ...{ leases, clock: { now: () => NOW }, logger: testLogger },
    publisher: { publish: () => Promise.resolve([]) },
  });
}

function record(topic: string, value: string): InboundRecord {
  return { topic, partition: 0, offset: 0, key: 'k', value: Buffer.from(value), timestamp: NOW };
}

function say(process: string, unreadable: GateLeaseRecord['unreadable'], at = NOW): void {
  const { value } = leaseRecord(process, [], { ts: at, unreadable });
  leases.take(record(TOPICS.gateLeases.name, String(value)));
}

/** What is said at an instant, and read by everybody from then on. */
function heard(now: number, ...others: readonly UnreadableWatch[]): readonly AlertRecord[] {
  const news = watch.news(now);
  const records = news.map((alert) => record(TOPICS.alerts.name, JSON.stringify(alert)));
  for (const one of [watch, ...others]) one.takeAlerts(records);
  return news;
}

describe('a control that gates and venue adapters cannot read', () => {
  test('calls a person once, however many of them stop the scope, and whoever watches next', () => {
    say('g1', [CONTROL]);
    say('v1', [CONTROL]);
    const next = opened();
    const [alert, ...more] = heard(NOW, next);
    expect(more).toEqual([]);
    expect(alert).toMatchObject({
      ...{ event: 'RAISED', severity: 'CRITICAL', code: 'CONTROL_UNREADABLE' },
      ...{ subject: 'SYMBOL:NVDA', since: CONTROL.since },
    });
    expect(alert?.what).toContain('killswitch.state.v1:1:7 cannot be read');
    expect(heard(NOW)).toEqual([]);
    expect(next.news(NOW)).toEqual([]);
  });

  test('is over when all that live can: not when one of them says nothing, nor when none lives', () => {
    say('g1', [CONTROL]);
    say('v1', [CONTROL]);
    heard(NOW);
    say('g1', []);
    expect(heard(NOW)).toEqual([]);
    expect(heard(NOW + 60_000)).toEqual([]);
    say('g1', [], NOW + 60_000);
    expect(heard(NOW + 60_000)).toMatchObject([{ event: 'CLEARED', cleared_at: NOW + 60_000 }]);
    expect(heard(NOW + 60_000)).toEqual([]);
  });

  test('calls again when it stops the scope anew', () => {
    say('g1', [CONTROL]);
    const [first] = heard(NOW);
    say('g1', []);
    heard(NOW + 10);
    say('g1', [CONTROL]);
    const [again] = heard(NOW + 20);
    expect(again).toMatchObject({ event: 'RAISED', since: NOW + 10 });
    expect(again?.alert_id).not.toBe(first?.alert_id);
    expect(heard(NOW + 30)).toEqual([]);
  });
});
