import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { alertSchema } from '#contracts/alerts.ts';
import { orderCancelSchema } from '#contracts/case-events.ts';
import type { AuditRecord, ExecutionRecord } from '#contracts/case-events.ts';
import type { GatedDecision } from '#contracts/gated-orders.ts';
import { gateLeaseSchema, LEASE_MS } from '#contracts/gate-leases.ts';
import type { GateLeaseRecord } from '#contracts/gate-leases.ts';
import { orderAudit } from '#contracts/order-audit.ts';
import { TOPICS } from '#contracts/topics.ts';
import type { Holder } from '#domain/controls/control-state.ts';
import { KafkaTroubleError } from '#platform/kafka/kafka-trouble.ts';
import { rate } from '#domain/money.ts';
import { partitionOf } from '#platform/kafka/partition-of.ts';
import type { Lane, PartitionGroup } from '#ports/partition-group.ts';
import { eventually, openKafka } from './kafka-fixture.ts';
import type { KafkaFixture } from './kafka-fixture.ts';
import {
  audits,
  decided,
  decisions,
  executions,
  finished,
  lastLease,
  liquidation,
  order,
  OrderPath,
  ownPartitions,
  passed,
  pausable,
  sendCommand,
  sendLiquidations,
  sendOrders,
  sendPrice,
  sendState,
  tellAccount,
  WAIT_MS,
} from './order-path-fixture.ts';

const PARTITIONS = 2;
const KILL = { scope: 'ACCOUNT:ACC_1', action: 'KILL' } as const;
const ACC_1 = { kind: 'ACCOUNT', id: 'ACC_1' } as const;
const STALE_CALL: Holder = {
  name: 'stale-call',
  mode: { kind: 'REDUCE_ONLY' },
  reason: 'past due',
  actor: 'margin-sentinel',
  commandId: 'C1',
  since: 1,
  epoch: null,
};
const FLAT_OUT = { fillDelayMs: 60_000, fillQtyE4Max: null };

jest.setTimeout(180_000);

let kafka: KafkaFixture;
let path: OrderPath;

beforeEach(async () => {
  kafka = await openKafka('gate', PARTITIONS);
  path = new OrderPath(kafka);
  await sendPrice(kafka, 'NVDA', 400);
  for (const accountId of ['ACC_1', 'ACC_2']) await tellAccount(kafka, accountId);
});

afterEach(async () => {
  await path.stop();
  await kafka.close();
  expect(path.defects).toEqual([]);
});

/** A group whose lanes are others than they were in what `change` gives. */
function changedLanes(
  group: PartitionGroup,
  change: (lane: Lane) => Partial<Lane>,
): PartitionGroup {
  return {
    stop: () => group.stop(),
    run: (inputs, takeOver) =>
      group.run(inputs, (lane) =>
        takeOver({
          partition: lane.partition,
          isHeld: () => lane.isHeld(),
          committedPositions: () => lane.committedPositions(),
          readToEnd: (...asked) => lane.readToEnd(...asked),
          fail: (error) => {
            lane.fail(error);
          },
          giveUp: (why) => {
            lane.giveUp(why);
          },
          ...change(lane),
        }),
      ),
  };
}

/** A group whose members never notice that a partition is lost. */
function unaware(group: PartitionGroup): PartitionGroup {
  return changedLanes(group, () => ({ isHeld: () => true }));
}

/** Resolves when the decision on an order is audited. */
async function audited(orderId: string): Promise<void> {
  await eventually(`the audit of ${orderId}`, WAIT_MS, async () =>
    (await audits(kafka)).some(({ details }) => details.order_id === orderId),
  );
}

async function markers(): Promise<number[]> {
  const records = await kafka.readAll(TOPICS.gatedOrders.name);
  return records
    .filter(({ value }) => String(value).startsWith('{"kind":"OWNER"'))
    .map(({ offset }) => offset);
}

async function codeOf(changes: Parameters<typeof order>[0] = {}): Promise<string> {
  const one = order(changes);
  await sendOrders(kafka, one);
  return (await decided(kafka, one.order_id)).code;
}

describe('every order has one decision, and one audit of it', () => {
  test('orders in = allowed + dropped + throttled + duplicate + rejected', async () => {
    await sendCommand(kafka, { scope: 'ACCOUNT:ACC_2', action: 'KILL' });
    await sendCommand(kafka, {
      scope: 'STRATEGY:slow',
      action: 'THROTTLE',
      max_rate_per_second: 2,
    });
    await path.gate();
    const ts = Date.now();
    const twice = order({ ts });
    const orders = [
      ...Array.from({ length: 20 }, () => order({ qty: 1, ts })),
      ...Array.from({ length: 10 }, () => order({ account_id: 'ACC_2', ts })),
      ...Array.from({ length: 5 }, () => order({ strategy: 'slow', qty: 1, ts })),
      ...[twice, twice],
      order({ price: 500, ts }),
      order({ ts: ts - 60_000 }),
      order({ account_id: 'STRANGER', ts }),
    ];
    await sendOrders(kafka, ...orders);
    const bad = [
      'no json',
      JSON.stringify({ ...order(), qty: -1 }),
      JSON.stringify({ ...order(), type: 'REPLACE' }),
    ];
    await kafka.publish(bad.map((value) => ({ topic: TOPICS.orders.name, key: 'ACC_1', value })));
    const count = orders.length + bad.length;
    const all = await eventually('all decisions', WAIT_MS, async () => {
      const found = await decisions(kafka);
      return found.length >= count && found;
    });
    const codes: Record<string, number> = {};
    for (const { code } of all) codes[code] = (codes[code] ?? 0) + 1;
    expect(codes).toEqual({
      // Of a throttle of 2 each of two partitions has a share of 1.
      ALLOW: 22,
      KILLED: 10,
      THROTTLE: 4,
      DUPLICATE: 1,
      COLLAR: 1,
      EXPIRED: 1,
      CONTROL_STALE: 1,
      SCHEMA: 2,
      UNSUPPORTED: 1,
    });
    const told = await eventually('all audits', WAIT_MS, async () => {
      const found = await audits(kafka);
      return found.length >= count && found;
    });
    expect(told).toHaveLength(count);
    expect(new Set(told.map(({ event_id }) => event_id))).toEqual(
      new Set(all.map(({ event_id }) => event_id)),
    );
    expect(told.find(({ details }) => details.code === 'KILLED')?.details).toMatchObject({
      decision: 'DROP',
      reason: 'Kill switch active for ACCOUNT:ACC_2',
    });
    expect(await kafka.readAll(`${TOPICS.orders.name}.dlq`)).toHaveLength(bad.length);
  });

  test('what an earlier owner let pass stays reserved', async () => {
    await tellAccount(kafka, 'ACC_1', { excess: 2_000 });
    const first = await path.gate();
    expect(await codeOf({ qty: 10 })).toBe('ALLOW');
    await path.stop(first);
    await path.gate();
    expect(await codeOf({ qty: 1 })).toBe('CREDIT');
  });
});

describe('a gate that ends before it has committed what it decided', () => {
  const forEver = new Promise<never>(() => undefined);

  /** An order that passes, one under another's key, and a liquidation that a kill holds. */
  async function threeDecided(): Promise<Awaited<ReturnType<typeof decisions>>> {
    const passes = order();
    const misplaced = order({ account_id: 'ACC_2' });
    await sendOrders(kafka, passes);
    await decided(kafka, passes.order_id);
    await sendCommand(kafka, { scope: 'SYMBOL:NVDA', action: 'KILL' });
    await eventually('the kill', WAIT_MS, async () => {
      return (await codeOf({ account_id: 'ACC_2' })) === 'KILLED';
    });
    await sendLiquidations(kafka, liquidation({ qty: 10 }));
    await kafka.publish([
      { topic: TOPICS.orders.name, key: 'ACC_1', value: JSON.stringify(misplaced) },
    ]);
    return eventually('the decisions', WAIT_MS, async () => {
      const all = await decisions(kafka);
      const codes = new Set(all.map(({ code }) => code));
      const isLiquidation = all.some(({ source }) => source.topic === 'liquidation.orders.v1');
      return codes.has('ALLOW') && codes.has('SCHEMA') && isLiquidation && all;
    });
  }

  /** Under which an order of $4,000 uses more than half of what its partition may open for the firm. */
  const quotas = {
    ...{ firmE4: PARTITIONS * 60_000_000, alerts: [rate(500_000)] },
    ...{ symbolE4: 10_000_000_000, strategyE4: 10_000_000_000 },
  };

  /** What has to be in audit.v1, by event id. */
  function auditsOf(all: Awaited<ReturnType<typeof decisions>>): [string, AuditRecord][] {
    return all.map(({ offset, ...decision }) => [
      decision.event_id,
      orderAudit(decision, offset, 'ACC_2'),
    ]);
  }

  test('and before anything followed: the next one tells all of it, and decides nothing twice', async () => {
    const first = await path.gate({ evidence: () => ({ publish: () => forEver }) });
    const all = await threeDecided();
    expect(await audits(kafka)).toEqual([]);
    await path.stop(first);
    await path.gate();
    const told = await eventually('the audits', WAIT_MS, async () => {
      const found = await audits(kafka);
      return found.length >= all.length && found;
    });
    expect(new Map(told.map((each) => [each.event_id, each]))).toEqual(new Map(auditsOf(all)));
    const seen = told.find(({ details }) => details.code === 'ALLOW')?.details.evidence;
    expect(seen).toMatchObject({ position: 0, price: 400 });
    expect(await kafka.readAll(`${TOPICS.orders.name}.dlq`)).toHaveLength(1);
    const alerts = await kafka.readAll(TOPICS.alerts.name);
    expect(alerts.map(({ value }) => String(value))).toEqual([
      expect.stringContaining('LIQUIDATION_HELD'),
    ]);
    const passed = all.find(({ code }) => code === 'ALLOW')?.order?.order_id ?? '';
    expect(await codeOf({ order_id: passed, qty: 1 })).toBe('ALLOW'); // the first's decision
    await eventually('the duplicate', WAIT_MS, async () =>
      (await decisions(kafka)).some(({ code }) => code === 'DUPLICATE'),
    );
    expect(await decisions(kafka)).toHaveLength(all.length + 1);
  });

  test('and before it called people for a limit that is nearly used: the next one calls them', async () => {
    const first = await path.gate({
      policy: { quotas },
      evidence: () => ({ publish: () => forEver }),
    });
    const reaches = order();
    await sendOrders(kafka, reaches);
    const { decision, ts, event_id } = await decided(kafka, reaches.order_id);
    expect(decision).toBe('ALLOW');
    await path.stop(first);
    await path.gate({ policy: { quotas } });
    const alerts = await eventually('the call', WAIT_MS, async () => {
      const all = await kafka.readAll(TOPICS.alerts.name);
      return all.length > 0 && all;
    });
    expect(alerts.map(({ value }) => alertSchema.parse(JSON.parse(String(value))))).toMatchObject([
      { code: 'LIMIT_NEARLY_USED', subject: 'GLOBAL', since: ts, correlation_id: event_id },
    ]);
  });

  test('and after all was told: the next one tells the same again, word for word', async () => {
    const first = await path.gate({
      policy: { quotas },
      evidence: (publisher) => ({
        publish: (records) => publisher.publish(records).then(() => forEver),
      }),
    });
    const all = await threeDecided();
    await eventually('the audits', WAIT_MS, async () => (await audits(kafka)).length >= all.length);
    await path.stop(first);
    await path.gate({ policy: { quotas } });
    await eventually('the audits again', WAIT_MS, async () => {
      return (await audits(kafka)).length >= 2 * all.length;
    });
    for (const topic of [TOPICS.audit.name, `${TOPICS.orders.name}.dlq`, TOPICS.alerts.name]) {
      const records = await kafka.readAll(topic);
      const once = new Set(records.map(({ value }) => String(value)));
      expect(`${topic} ${String(records.length)}`).toBe(`${topic} ${String(2 * once.size)}`);
    }
  });
});

describe('an order that ended days ago', () => {
  /** BUY 10 at $400, whose end and executions lie further back than a restart reads. */
  const DAYS_AGO = Date.now() - 3 * 86_400_000;
  const old = passed(
    liquidation({ order_id: 'O-OLD', side: 'BUY', qty: 10, ts: DAYS_AGO, valid_until: DAYS_AGO }),
    { accepted: { opens_qty: 10, adverse_price: 0 } },
  );
  const customers: GatedDecision = {
    ...old,
    order: old.order?.type === 'NEW' ? { ...old.order, liquidation: false } : null,
  };

  beforeEach(async () => {
    await tellAccount(kafka, 'ACC_1', { excess: 2_000 });
    await ownPartitions(kafka);
    await kafka.publish([
      { topic: TOPICS.gatedOrders.name, key: 'ACC_1', value: JSON.stringify(customers) },
    ]);
  });

  test('is not open at a restart: it holds nothing back, and its id stays known', async () => {
    await path.gate();
    expect(await codeOf({ order_id: 'O-OLD', qty: 1 })).toBe('ALLOW'); // its own decision, of then
    expect(await codeOf({ qty: 5 })).toBe('ALLOW');
    const codes = (await decisions(kafka)).map(({ code }) => code);
    expect(codes.sort()).toEqual(['ALLOW', 'ALLOW', 'DUPLICATE']);
  });

  test('but whose fill the figures lack holds its margin back until they have it', async () => {
    const execution: ExecutionRecord = {
      ...{ exec_id: 'paper:O-OLD:1', order_id: 'O-OLD', account_id: 'ACC_1', symbol: 'NVDA' },
      ...{ side: 'BUY', last_qty: 10, last_price: 400, cum_qty: 10, leaves_qty: 0 },
      ...{ status: 'FILLED', reason: 'filled', timestamp: Date.now(), corr_id: 'C1' },
      ...{ fill_partition: 0, fill_offset: 7 },
    };
    await kafka.publish([
      { topic: TOPICS.executions.name, key: 'ACC_1', value: JSON.stringify(execution) },
    ]);
    await path.gate();
    expect(await codeOf({ qty: 1 })).toBe('CREDIT');
    await tellAccount(kafka, 'ACC_1', { excess: 2_000, fillsPosition: 8 });
    await eventually('it is counted', WAIT_MS, async () => (await codeOf({ qty: 1 })) === 'ALLOW');
  });
});

describe('an execution that the engine has not counted yet', () => {
  test('holds its margin back at the next owner too', async () => {
    await tellAccount(kafka, 'ACC_1', { excess: 2_000 });
    const first = await path.gate();
    await path.venue();
    const bought = order({ qty: 10 });
    await sendOrders(kafka, bought);
    expect(await finished(kafka, bought.order_id)).toMatchObject({ status: 'FILLED' });
    await path.stop(first);
    await path.gate();
    expect(await codeOf({ qty: 1 })).toBe('CREDIT');
  });
});

describe('the marker of a gate that lost the partition before it was written', () => {
  test('voids the owner for one moment: it takes the partition anew, and each order has its decision', async () => {
    await path.gate();
    await path.venue();
    const first = order({ qty: 1 });
    await sendOrders(kafka, first);
    expect(await finished(kafka, first.order_id)).toMatchObject({ status: 'FILLED' });
    const partition = partitionOf('ACC_1', PARTITIONS);
    const marker = { kind: 'OWNER', partition, process: 'order-gate-late', ts: Date.now() };
    const value = JSON.stringify(marker);
    await kafka.publish([{ topic: TOPICS.gatedOrders.name, key: 'late', partition, value }]);
    const second = order({ qty: 1 });
    await sendOrders(kafka, second);
    expect(await finished(kafka, second.order_id)).toMatchObject({ status: 'FILLED' });
    const valid = await decisions(kafka);
    await audited(second.order_id);
    // What was decided in vain is audited by nobody; what was audited may be told again alike.
    const places = valid.map(({ event_id, offset }) => `${event_id} at ${String(offset)}`);
    const told = (await audits(kafka)).map(
      ({ event_id, details }) => `${event_id} at ${String(details.gated_offset)}`,
    );
    expect([...new Set(told)].sort()).toEqual(places.sort());
    expect(valid.map(({ code, order: of }) => [code, of?.order_id])).toEqual([
      ['ALLOW', first.order_id],
      ['ALLOW', second.order_id],
    ]);
  });

  test('what an earlier owner still writes is no marker: the owner goes on', async () => {
    await path.gate();
    await codeOf();
    const before = (await markers()).length;
    const [last] = await decisions(kafka);
    const late = JSON.stringify({ ...last, offset: undefined, epoch: 9_999 });
    await kafka.publish([{ topic: TOPICS.gatedOrders.name, key: 'ACC_1', value: late }]);
    const codes = [await codeOf(), await codeOf()];
    expect(codes).toEqual(['ALLOW', 'ALLOW']);
    await eventually('three audits', WAIT_MS, async () => (await audits(kafka)).length === 3);
    expect(await markers()).toHaveLength(before);
  });
});

describe('a gate that takes a partition over', () => {
  async function leases(): Promise<GateLeaseRecord[]> {
    const records = await kafka.readAll(TOPICS.gateLeases.name);
    return records.map(({ value }) => gateLeaseSchema.parse(JSON.parse(String(value))));
  }

  test('does not say that it has it before it knows what works there: no cancel seems confirmed', async () => {
    const first = await path.gate();
    expect(await codeOf()).toBe('ALLOW'); // no venue ends it
    await path.stop(first);
    await sendCommand(kafka, KILL);
    let reading = 0;
    let letGo = (): void => undefined;
    const until = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const starting = path.gate({
      group: (group) =>
        changedLanes(group, (lane) => ({
          readToEnd: async (...asked) => {
            reading += 1;
            await until;
            return lane.readToEnd(...asked);
          },
        })),
    });
    const since = Date.now();
    await eventually('a take-over of each', WAIT_MS, () => Promise.resolve(reading === PARTITIONS));
    const beats = async () =>
      (await leases()).filter(({ process, ts }) => process !== first.process && ts > since + 500);
    await eventually('some words of it', WAIT_MS, async () => (await beats()).length > 3);
    const early = await beats();
    letGo();
    const { process } = await starting;
    expect(early.flatMap(({ owned_partitions: owned }) => owned)).toEqual([]);
    const owned = async () =>
      (await leases()).filter((one) => one.process === process && one.owned_partitions.length > 0);
    const partition = partitionOf('ACC_1', PARTITIONS);
    const [known] = await eventually('its partition', WAIT_MS, async () => {
      const found = (await owned()).filter((one) => one.owned_partitions.includes(partition));
      return found.length > 0 && found;
    });
    expect(known?.cancels_pending).toEqual([KILL.scope]);
  });

  test('and fails cancels nothing any more: what knows the orders by half follows no control', async () => {
    const first = await path.gate();
    expect(await codeOf()).toBe('ALLOW');
    await path.stop(first);
    let failures = 0;
    await path.gate({
      group: (group) =>
        changedLanes(group, (lane) => ({
          readToEnd: async (topic, ...rest) => {
            const end = await lane.readToEnd(topic, ...rest);
            if (topic !== TOPICS.gatedOrders.name || failures === PARTITIONS) return end;
            failures += 1;
            throw new KafkaTroubleError('the broker went away');
          },
        })),
    });
    expect(failures).toBe(PARTITIONS);
    await sendCommand(kafka, KILL);
    await eventually('the kill', WAIT_MS, async () => (await codeOf()) === 'KILLED');
    const { name } = TOPICS.orderCancels;
    await eventually('the cancel', WAIT_MS, async () => (await kafka.readAll(name)).length > 0);
    expect(await kafka.readAll(name)).toHaveLength(1);
  });
});

describe('a gate that has lost its partition', () => {
  test('and has not noticed: its decision is void, audited by nobody, and the order has one that counts', async () => {
    const paused = pausable();
    const groups: PartitionGroup[] = [];
    await path.gate({
      gated: paused.wrap,
      group: (group) => {
        groups.push(group);
        return unaware(group);
      },
    });
    paused.pause();
    const one = order();
    await sendOrders(kafka, one);
    await eventually('a decision that is held', WAIT_MS, () =>
      Promise.resolve(paused.heldCount() > 0),
    );
    // Its membership ends, as that of a process that was paused for too long; its send does not.
    await Promise.all(groups.map((group) => group.stop()));
    await path.gate();
    const valid = await eventually('the decision of the new owner', WAIT_MS, async () => {
      const found = await decisions(kafka);
      return found.length > 0 && found;
    });
    await paused.resume();
    expect(valid).toHaveLength(1);
    const raw = await kafka.readAll(TOPICS.gatedOrders.name);
    const both = raw.filter(({ value }) => String(value).includes(one.order_id));
    expect(both).toHaveLength(2);
    expect(await decisions(kafka)).toEqual(valid);
    // The next order of that owner is audited after whatever the first gate had to say.
    const next = order();
    await sendOrders(kafka, next);
    await audited(next.order_id);
    const [counting] = valid;
    const told = (await audits(kafka)).filter(({ event_id }) => event_id === counting?.event_id);
    expect(told.map(({ details }) => details.gated_offset)).toEqual([counting?.offset]);
  });
});

describe('a kill', () => {
  test('acts from the command alone, and an UNKILL on the command topic loosens nothing', async () => {
    await path.gate();
    expect(await codeOf()).toBe('ALLOW');
    await sendCommand(kafka, KILL);
    await eventually('the kill', WAIT_MS, async () => (await codeOf()) === 'KILLED');
    await sendCommand(kafka, { ...KILL, action: 'UNKILL' });
    expect(await codeOf()).toBe('KILLED');
    expect(await codeOf({ account_id: 'ACC_2' })).toBe('ALLOW');
  });

  test('acts though a command of its scope lies on another partition, far ahead', async () => {
    await path.gate();
    const wrong = (partitionOf(KILL.scope, kafka.partitions) + 1) % kafka.partitions;
    const misplaced = { ...KILL, action: 'THROTTLE', max_rate_per_second: 100 } as const;
    for (let count = 0; count < 3; count += 1) await sendCommand(kafka, misplaced, wrong);
    await sendCommand(kafka, KILL);
    await eventually('the kill', WAIT_MS, async () => (await codeOf()) === 'KILLED');
  });

  test('that bars new debit and short lets the account use its cash and sell what it holds', async () => {
    await tellAccount(kafka, 'ACC_1', { cash: 5_000, positions: { NVDA: 10 } });
    await path.gate();
    await path.venue({ paper: FLAT_OUT });
    const beyond = order({ qty: 20 });
    const paid = order({ qty: 10 });
    for (const bought of [paid, beyond]) {
      expect(await codeOf(bought)).toBe('ALLOW');
    }
    const offset = await sendCommand(kafka, { ...KILL, mode: 'NO_NEW_DEBIT_OR_SHORT' });
    expect(await finished(kafka, beyond.order_id)).toMatchObject({ status: 'CANCELLED' });
    expect(await codeOf({ qty: 3 })).toBe('NO_NEW_DEBIT_OR_SHORT');
    const within = order({ qty: 2 });
    expect(await codeOf(within)).toBe('ALLOW');
    expect((await decided(kafka, within.order_id)).evidence).toMatchObject({
      ...{ cash: 5_000, cash_claimed: 4_000, price: 400, price_at: expect.any(Number) },
      controls: [{ scope: KILL.scope, last_command: offset, no_new_debit_or_short: true }],
    });
    expect(await codeOf({ side: 'SELL', qty: 10 })).toBe('ALLOW');
    expect(await codeOf({ side: 'SELL', qty: 1 })).toBe('NO_NEW_DEBIT_OR_SHORT');
    expect(await codeOf({ account_id: 'ACC_2', qty: 20 })).toBe('ALLOW');
    const ended = (await executions(kafka)).filter(({ leaves_qty: leaves }) => leaves === 0);
    expect(ended.map(({ order_id: id }) => id)).toEqual([beyond.order_id]);
  });

  test('that an unkill has not seen stands', async () => {
    await path.gate();
    const seen = await sendCommand(kafka, KILL);
    await sendCommand(kafka, KILL);
    await eventually('the kill', WAIT_MS, async () => (await codeOf()) === 'KILLED');
    await sendState(kafka, ACC_1, { version: 3, coversOffset: seen });
    expect(await codeOf()).toBe('KILLED');
    await sendState(kafka, ACC_1, { version: 4, coversOffset: seen + 1 });
    await eventually('the resumption', WAIT_MS, async () => (await codeOf()) === 'ALLOW');
  });

  test('holds for a gate that starts from compacted state, and for commands after it', async () => {
    const first = await sendCommand(kafka, KILL);
    await sendState(kafka, ACC_1, { version: 2, coversOffset: first });
    await sendState(
      kafka,
      { kind: 'SYMBOL', id: 'TSLA' },
      {
        version: 1,
        holders: [
          {
            name: 'operator',
            mode: { kind: 'BLOCK' },
            reason: 'halted',
            actor: 'ann',
            commandId: 'C9',
            since: Date.now(),
            epoch: 0,
          },
        ],
      },
    );
    await sendPrice(kafka, 'TSLA', 250);
    await path.gate();
    expect(await codeOf()).toBe('ALLOW'); // lifted by a state that covers the kill
    expect(await codeOf({ symbol: 'TSLA', price: 250 })).toBe('KILLED');
    await path.stop();
    await sendCommand(kafka, KILL); // nobody has written state since
    await path.gate();
    expect(await codeOf()).toBe('KILLED');
  });

  test('is not said to be applied before what was decided without it has come through', async () => {
    const paused = pausable();
    const gate = await path.gate({ gated: paused.wrap, policy: { orderValidMs: 20_000 } });
    const partition = partitionOf('ACCOUNT:ACC_1', PARTITIONS);
    const applied = async (): Promise<number> =>
      (await lastLease(kafka, gate.process))?.applied['killswitch.commands.v1'][partition] ?? -1;
    paused.pause();
    await sendOrders(kafka, order());
    await eventually('a decision that is held', WAIT_MS, () =>
      Promise.resolve(paused.heldCount() > 0),
    );
    const killed = await sendCommand(kafka, KILL);
    const seen = order();
    await sendOrders(kafka, seen);
    await eventually('a second decision that is held', WAIT_MS, () =>
      Promise.resolve(paused.heldCount() > 1),
    );
    const before = await lastLease(kafka, gate.process);
    await eventually('another heartbeat', WAIT_MS, async () => {
      const lease = await lastLease(kafka, gate.process);
      return lease !== null && lease.ts > (before?.ts ?? 0) + 300;
    });
    expect(await applied()).toBeLessThanOrEqual(killed);
    await paused.resume();
    await eventually('the acknowledgement', WAIT_MS, async () => (await applied()) > killed);
    expect((await decided(kafka, seen.order_id)).code).toBe('KILLED');
  });

  test('was acknowledged while a gate was paused: what it sends when it wakes is not executed', async () => {
    const paused = pausable();
    const gate = await path.gate({ gated: paused.wrap });
    await path.venue();
    paused.pause();
    const late = order();
    await sendOrders(kafka, late);
    await eventually('a decision that is held', WAIT_MS, () =>
      Promise.resolve(paused.heldCount() > 0),
    );
    const killed = await sendCommand(kafka, KILL);
    const partition = partitionOf('ACCOUNT:ACC_1', PARTITIONS);
    await eventually('the acknowledgement', WAIT_MS, async () => {
      const lease = await lastLease(kafka, gate.process);
      return (lease?.applied['killswitch.commands.v1'][partition] ?? -1) > killed;
    });
    await paused.resume();
    expect((await decided(kafka, late.order_id)).decision).toBe('ALLOW');
    expect(await finished(kafka, late.order_id)).toMatchObject({ cum_qty: 0 });
    expect(await kafka.readAll(TOPICS.fills.name)).toEqual([]);
  });

  test('cancels what works at the venue, and only that of its scope', async () => {
    await path.gate();
    await path.venue({ paper: FLAT_OUT });
    const [mine, other] = [order(), order({ account_id: 'ACC_2' })];
    await sendOrders(kafka, mine, other);
    await eventually(
      'both at the venue',
      WAIT_MS,
      async () => (await executions(kafka)).length === 2,
    );
    await sendCommand(kafka, KILL);
    expect(await finished(kafka, mine.order_id)).toMatchObject({
      status: 'CANCELLED',
      reason: 'paper venue: kill switch active for ACCOUNT:ACC_1',
    });
    const told = (await executions(kafka)).filter(({ order_id }) => order_id === other.order_id);
    expect(told.map(({ status }) => status)).toEqual(['ACCEPTED']);
  });
});

describe('a gate whose lease has ended', () => {
  test('lets nothing but cancels pass until it has spoken and proved its controls again', async () => {
    const leases = pausable();
    const gate = await path.gate({ leases: leases.wrap });
    const works = order();
    await sendOrders(kafka, works);
    expect((await decided(kafka, works.order_id)).code).toBe('ALLOW');
    leases.pause();
    await eventually('the end of the lease', WAIT_MS, () => Promise.resolve(!gate.gate.isOpen()));
    expect(await codeOf()).toBe('CONTROL_STALE');
    const cancel = {
      ...{ order_id: 'CANCEL-1', ts: Date.now(), account_id: 'ACC_1' },
      ...{ type: 'CANCEL' as const, cancel_order_id: works.order_id },
    };
    await sendOrders(kafka, cancel);
    expect((await decided(kafka, 'CANCEL-1')).code).toBe('ALLOW');
    await leases.resume();
    await eventually('an open gate', WAIT_MS, () => Promise.resolve(gate.gate.isOpen()));
    expect(await codeOf()).toBe('ALLOW');
    const lease = await lastLease(kafka, gate.process);
    expect(lease?.lease_ms).toBe(LEASE_MS);
  });
});

describe('close-only', () => {
  test('cancels what adds exposure, lets reducing orders stand, and says when it is done', async () => {
    await tellAccount(kafka, 'ACC_1', { positions: { NVDA: 100 } });
    const gate = await path.gate();
    await path.venue({ paper: FLAT_OUT });
    const [adds, reduces] = [order({ qty: 5 }), order({ side: 'SELL', qty: 60 })];
    await sendOrders(kafka, adds, reduces);
    await eventually(
      'both at the venue',
      WAIT_MS,
      async () => (await executions(kafka)).length === 2,
    );
    await sendState(kafka, ACC_1, {
      version: 1,
      holders: [STALE_CALL],
    });
    expect(await finished(kafka, adds.order_id)).toMatchObject({ status: 'CANCELLED' });
    expect(await codeOf({ qty: 1 })).toBe('CLOSE_ONLY');
    expect(await codeOf({ side: 'SELL', qty: 41 })).toBe('CLOSE_ONLY');
    expect(await codeOf({ side: 'SELL', qty: 40 })).toBe('ALLOW');
    await eventually('no cancel pending', WAIT_MS, async () => {
      const lease = await lastLease(kafka, gate.process);
      return lease?.cancels_pending.length === 0;
    });
    const cancels = await kafka.readAll(TOPICS.orderCancels.name);
    expect(
      cancels.map(({ value }) => orderCancelSchema.parse(JSON.parse(String(value))).order_id),
    ).toEqual([adds.order_id]);
  });
});

describe('a position that shrinks elsewhere under close-only', () => {
  test('lets no order stand that it no longer covers', async () => {
    await tellAccount(kafka, 'ACC_1', { positions: { NVDA: 100 } });
    await path.gate();
    await path.venue({ paper: FLAT_OUT });
    const reduces = order({ side: 'SELL', qty: 60 });
    await sendOrders(kafka, reduces);
    await eventually('it at the venue', WAIT_MS, async () => (await executions(kafka)).length > 0);
    await sendState(kafka, ACC_1, {
      version: 1,
      holders: [
        {
          name: 'stress',
          mode: { kind: 'REDUCE_ONLY' },
          reason: 'underwater',
          actor: 'margin-sentinel',
          commandId: 'C1',
          since: Date.now(),
          epoch: null,
        },
      ],
    });
    await eventually(
      'close-only',
      WAIT_MS,
      async () => (await codeOf({ qty: 1 })) === 'CLOSE_ONLY',
    );
    await tellAccount(kafka, 'ACC_1', { positions: { NVDA: 50 } });
    expect(await finished(kafka, reduces.order_id)).toMatchObject({ status: 'CANCELLED' });
  });
});

describe('a liquidation', () => {
  test('goes after the customer’s working orders in its symbol are cancelled', async () => {
    await tellAccount(kafka, 'ACC_1', { positions: { NVDA: 100 } });
    await path.gate();
    await path.venue({ paper: FLAT_OUT });
    const own = order({ side: 'SELL', qty: 80 });
    await sendOrders(kafka, own);
    await eventually(
      'it at the venue',
      WAIT_MS,
      async () => (await executions(kafka)).length === 1,
    );
    const slice = liquidation({ qty: 100 });
    await sendLiquidations(kafka, slice);
    const verdict = await decided(kafka, slice.order_id);
    expect(verdict).toMatchObject({ decision: 'ALLOW', order: { qty: 100, liquidation: true } });
    expect(await finished(kafka, own.order_id)).toMatchObject({ status: 'CANCELLED' });
  });

  test('without the venue’s word it is reduced by what may still execute', async () => {
    await tellAccount(kafka, 'ACC_1', { positions: { NVDA: 100 } });
    await path.gate();
    expect(await codeOf({ side: 'SELL', qty: 80 })).toBe('ALLOW');
    const slice = liquidation({ qty: 100 });
    await sendLiquidations(kafka, slice);
    expect(await decided(kafka, slice.order_id)).toMatchObject({
      decision: 'ALLOW',
      order: { qty: 20 },
    });
  });

  test('that waits has its shares already: the customer cannot sell them first', async () => {
    await tellAccount(kafka, 'ACC_1', { positions: { NVDA: 100 } });
    await sendState(kafka, ACC_1, { version: 1, holders: [STALE_CALL] });
    await path.gate();
    expect(await codeOf({ side: 'SELL', qty: 50 })).toBe('ALLOW');
    const slice = liquidation({ qty: 100 });
    await sendLiquidations(kafka, slice);
    await eventually('it waits for the cancel', WAIT_MS, async () => {
      return (await kafka.readAll(TOPICS.orderCancels.name)).length > 0;
    });
    expect(await codeOf({ side: 'SELL', qty: 50 })).toBe('CLOSE_ONLY');
    expect(await decided(kafka, slice.order_id)).toMatchObject({
      decision: 'ALLOW',
      order: { qty: 50 },
    });
    // What it had while it waited is free again: no share is reserved twice.
    expect(await codeOf({ side: 'SELL', qty: 1 })).toBe('CLOSE_ONLY');
    await tellAccount(kafka, 'ACC_1', { positions: { NVDA: 101 } });
    await eventually('a share more', WAIT_MS, async () => {
      return (await codeOf({ side: 'SELL', qty: 1 })) === 'ALLOW';
    });
  });

  test('that was held passes at the next owner: what called a person is over', async () => {
    await tellAccount(kafka, 'ACC_1', { positions: { NVDA: 100 } });
    const killed = await sendCommand(kafka, { scope: 'SYMBOL:NVDA', action: 'KILL' });
    const first = await path.gate();
    const held = liquidation({ qty: 10 });
    await sendLiquidations(kafka, held);
    expect((await decided(kafka, held.order_id)).code).toBe('KILLED');
    await audited(held.order_id);
    await path.stop(first);
    await sendState(kafka, { kind: 'SYMBOL', id: 'NVDA' }, { version: 2, coversOffset: killed });
    await path.gate();
    const passes = liquidation({ qty: 10 });
    await sendLiquidations(kafka, passes);
    expect((await decided(kafka, passes.order_id)).code).toBe('ALLOW');
    const alerts = await eventually('the end of the call', WAIT_MS, async () => {
      const all = (await kafka.readAll(TOPICS.alerts.name)).map(({ value }) =>
        alertSchema.parse(JSON.parse(String(value))),
      );
      return all.at(-1)?.event === 'CLEARED' && all;
    });
    expect(alerts[0]).toMatchObject({ code: 'LIQUIDATION_HELD', event: 'RAISED' });
    expect(new Set(alerts.map(({ alert_id: id }) => id)).size).toBe(1);
  });

  describe('that can no longer pass leaves the customer’s orders alone:', () => {
    async function until(count: number): Promise<string[]> {
      const found = await eventually('the decisions', WAIT_MS, async () => {
        const all = (await decisions(kafka)).filter(
          ({ source }) => source.topic === TOPICS.liquidationOrders.name,
        );
        return all.length >= count && all;
      });
      return found.map(({ code }) => code);
    }

    async function cancelled(): Promise<string[]> {
      const cancels = await kafka.readAll(TOPICS.orderCancels.name);
      return cancels.map(
        ({ value }) => orderCancelSchema.parse(JSON.parse(String(value))).order_id,
      );
    }

    test('one whose time is over', async () => {
      await tellAccount(kafka, 'ACC_1', { positions: { NVDA: 100 } });
      await path.gate();
      expect(await codeOf({ side: 'SELL', qty: 80 })).toBe('ALLOW');
      await sendLiquidations(kafka, liquidation({ valid_until: Date.now() - 1 }));
      expect(await until(1)).toEqual(['EXPIRED']);
      expect(await cancelled()).toEqual([]);
    });

    test('one that comes again, after it was decided or while it waits', async () => {
      await tellAccount(kafka, 'ACC_1', { positions: { NVDA: 100 } });
      await path.gate();
      const slice = liquidation({ qty: 10 });
      await sendLiquidations(kafka, slice);
      expect(await until(1)).toEqual(['ALLOW']);
      const first = order({ side: 'SELL', qty: 20 });
      expect(await codeOf(first)).toBe('ALLOW');
      await sendLiquidations(kafka, slice);
      expect(await until(2)).toEqual(['ALLOW', 'DUPLICATE']);
      expect(await cancelled()).toEqual([]);
      const next = liquidation({ qty: 10 });
      await sendLiquidations(kafka, next);
      await eventually('it waits for the cancel', WAIT_MS, async () => {
        return (await cancelled()).length > 0;
      });
      expect(await codeOf({ side: 'SELL', qty: 20 })).toBe('ALLOW');
      await sendLiquidations(kafka, next);
      expect(await until(4)).toEqual(['ALLOW', 'DUPLICATE', 'ALLOW', 'DUPLICATE']);
      expect(await cancelled()).toEqual([first.order_id]);
    });
  });

  test('passes the kill of its account; a kill of its symbol holds it and calls a person', async () => {
    await tellAccount(kafka, 'ACC_1', { positions: { NVDA: 100 } });
    await sendCommand(kafka, KILL);
    await path.gate();
    await path.venue();
    const passes = liquidation({ qty: 10 });
    await sendLiquidations(kafka, passes);
    expect(await finished(kafka, passes.order_id)).toMatchObject({ status: 'FILLED' });
    await sendCommand(kafka, { scope: 'SYMBOL:NVDA', action: 'KILL' });
    await eventually('the kill', WAIT_MS, async () => {
      return (await codeOf({ account_id: 'ACC_2' })) === 'KILLED';
    });
    const held = liquidation({ qty: 10 });
    await sendLiquidations(kafka, held);
    expect(await finished(kafka, held.order_id)).toMatchObject({ status: 'REJECTED', cum_qty: 0 });
    const alerts = await kafka.readAll(TOPICS.alerts.name);
    expect(alerts.some(({ value }) => String(value).includes('LIQUIDATION_HELD'))).toBe(true);
  });
});
