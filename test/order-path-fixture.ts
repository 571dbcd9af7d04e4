import { randomUUID } from 'node:crypto';
import { OrderGate } from '#consumers/order-gate/order-gate.ts';
import type { PaperMarket } from '#consumers/venue-adapter/paper-venue.ts';
import { startVenueAdapter } from '#consumers/venue-adapter/venue-adapter.ts';
import { venueMetrics } from '#consumers/venue-adapter/venue-metrics.ts';
import { auditSchema, endsOrder, executionSchema } from '#contracts/case-events.ts';
import type {
  AuditRecord,
  ExecutionRecord,
  LiquidationOrderRecord,
} from '#contracts/case-events.ts';
import type { ControlCommandInput } from '#contracts/control-commands.ts';
import { encodeControlState } from '#contracts/control-states.ts';
import { gateLeaseSchema } from '#contracts/gate-leases.ts';
import type { GateLeaseRecord } from '#contracts/gate-leases.ts';
import { gatedOrderSchema } from '#contracts/gated-orders.ts';
import type { GatedDecision, GatedOrderRecord } from '#contracts/gated-orders.ts';
import { decodeGatePolicy } from '#contracts/gate-policy.ts';
import type { OrderRecord } from '#contracts/orders.ts';
import { TOPICS } from '#contracts/topics.ts';
import { openScope } from '#domain/controls/control-state.ts';
import type { ControlState } from '#domain/controls/control-state.ts';
import { Ownership } from '#domain/gate/ownership.ts';
import type { GatePolicy } from '#domain/gate/gate-policy.ts';
import { scopeName } from '#domain/scopes.ts';
import type { Scope } from '#domain/scopes.ts';
import { loadGatePolicy } from '#platform/gate-policy.ts';
import { createEndOffsets, createLogReader } from '#platform/kafka/log-reader.ts';
import { createPartitionGroup } from '#platform/kafka/partition-group.ts';
import { createPartitionOwner } from '#platform/kafka/partition-owner.ts';
import { createPublisher } from '#platform/kafka/publisher.ts';
import { partitionOf } from '#platform/kafka/partition-of.ts';
import { createMetrics } from '#platform/metrics.ts';
import { loadPolicy } from '#platform/policies.ts';
import type { LogReader } from '#ports/log-reader.ts';
import type { PartitionGroup } from '#ports/partition-group.ts';
import type { PartitionOwner, SendInTransaction } from '#ports/partition-owner.ts';
import type { Publisher } from '#ports/publisher.ts';
import type { OutboundRecord, RecordPosition } from '#ports/records.ts';
import { eventually, testLogger } from './kafka-fixture.ts';
import type { KafkaFixture } from './kafka-fixture.ts';

/** Gates and venue adapters in this process, on the test's broker, and what goes in and comes out of them. */

export const WAIT_MS = 50_000;

export interface TestGate extends Stoppable {
  readonly gate: OrderGate;
  readonly process: string;
}

export interface GateChanges {
  readonly policy?: Partial<GatePolicy>;
  /** The time by which this gate judges. */
  readonly now?: () => number;
  /** Stands in front of what the gate writes. */
  readonly gated?: (publisher: Publisher) => Publisher;
  readonly evidence?: (publisher: Publisher) => Publisher;
  readonly leases?: (publisher: Publisher) => Publisher;
  readonly group?: (group: PartitionGroup) => PartitionGroup;
  /** Stands between the gate and what it reads of the controls. */
  readonly controls?: (reader: LogReader) => LogReader;
}

/** The gates and venue adapters that one test starts on its broker. */
export class OrderPath {
  /** What ended one of them: a test expects none. */
  readonly defects: unknown[] = [];
  readonly #kafka: KafkaFixture;
  #started: Stoppable[] = [];

  constructor(kafka: KafkaFixture) {
    this.#kafka = kafka;
  }

  async gate(changes: GateChanges = {}): Promise<TestGate> {
    return this.#keep(await startGate(this.#kafka, this.defects, changes));
  }

  async venue(changes: VenueChanges = {}): Promise<Stoppable> {
    return this.#keep(await startVenue(this.#kafka, this.defects, changes));
  }

  /** Ends one of them, or all that run. */
  async stop(one?: Stoppable): Promise<void> {
    const ending = this.#started.filter((running) => one === undefined || running === one);
    this.#started = this.#started.filter((running) => !ending.includes(running));
    await Promise.all(ending.map((running) => running.stop()));
  }

  #keep<T extends Stoppable>(one: T): T {
    this.#started.push(one);
    return one;
  }
}

interface Stoppable {
  stop(): Promise<void>;
}

const asItIs = <T>(one: T): T => one;

/** Starts a gate that resolves when it is open; defects are collected. */
export async function startGate(
  kafka: KafkaFixture,
  defects: unknown[],
  changes: GateChanges = {},
): Promise<TestGate> {
  const { gated = asItIs, evidence = asItIs, leases = asItIs } = changes;
  const { group = asItIs, controls = asItIs } = changes;
  const onFatal = (error: unknown): void => {
    defects.push(error);
  };
  const { surroundings, partitions } = kafka;
  const publishers = await Promise.all(
    [1, 2, 3].map(() => createPublisher(surroundings, partitions)),
  );
  const publisher = (index: number): Publisher => {
    const one = publishers[index];
    if (one === undefined) throw new Error('three publishers were asked for');
    return one;
  };
  const ends = await createEndOffsets(surroundings);
  const process = `order-gate-${randomUUID().slice(0, 8)}`;
  const file = loadGatePolicy();
  const gate = new OrderGate({
    process,
    group: group(
      createPartitionGroup(surroundings, { groupId: 'order-gate', partitions, onFatal }),
    ),
    priceReader: createLogReader(surroundings, { onFatal }),
    pulseReader: createLogReader(surroundings, { onFatal }),
    controlReader: controls(createLogReader(surroundings, { onFatal })),
    ends,
    partitionOf: (key) => partitionOf(key, partitions),
    gated: gated(publisher(0)),
    evidence: evidence(publisher(1)),
    leases: leases(publisher(2)),
    partitions,
    policy: { ...decodeGatePolicy(file, loadPolicy('demo')), ...changes.policy },
    policyVersion: file.version,
    clock: { now: changes.now ?? Date.now },
    logger: testLogger,
    metrics: createMetrics('order-gate'),
  });
  await gate.start();
  await eventually('an open gate', WAIT_MS, () => Promise.resolve(gate.isOpen()));
  return {
    gate,
    process,
    stop: async () => {
      await gate.stop();
      await Promise.all([...publishers.map((one) => one.close()), ends.close()]);
    },
  };
}

export interface VenueChanges {
  readonly paper?: PaperMarket;
  readonly quoteAgeMaxMs?: number;
  readonly now?: () => number;
  readonly leases?: (publisher: Publisher) => Publisher;
  readonly owner?: (owner: PartitionOwner) => PartitionOwner;
}

/** Starts a venue adapter that resolves when it may execute. */
export async function startVenue(
  kafka: KafkaFixture,
  defects: unknown[],
  changes: VenueChanges = {},
): Promise<Stoppable> {
  const { paper = { fillDelayMs: 0, fillQtyE4Max: null }, quoteAgeMaxMs = 600_000 } = changes;
  const onFatal = (error: unknown): void => {
    defects.push(error);
  };
  const { surroundings, partitions } = kafka;
  const leases = await createPublisher(surroundings, partitions);
  const ends = await createEndOffsets(surroundings);
  const venue = await startVenueAdapter(
    {
      process: `venue-adapter-${randomUUID().slice(0, 8)}`,
      owner: (changes.owner ?? asItIs)(
        createPartitionOwner(surroundings, { groupId: 'venue-adapter', partitions, onFatal }),
      ),
      priceReader: createLogReader(surroundings, { onFatal }),
      controlReader: createLogReader(surroundings, { onFatal }),
      ends,
      partitionOf: (key) => partitionOf(key, partitions),
      leases: (changes.leases ?? asItIs)(leases),
    },
    {
      paper,
      quoteAgeMaxMs,
      clock: { now: changes.now ?? Date.now },
      logger: testLogger,
      metrics: venueMetrics(createMetrics('venue-adapter')),
      onFatal,
    },
  );
  await eventually('an open venue', WAIT_MS, () => Promise.resolve(venue.ready().ready));
  return {
    stop: async () => {
      await venue.stop();
      await Promise.all([leases.close(), ends.close()]);
    },
  };
}

/** An order of 10 NVDA at $400, now, with another id each time. */
export function order(
  changes: Partial<Extract<OrderRecord, { type?: 'NEW' | undefined }>> = {},
): Extract<OrderRecord, { type?: 'NEW' | undefined }> {
  return {
    order_id: `O-${randomUUID().slice(0, 8)}`,
    ts: Date.now(),
    account_id: 'ACC_1',
    symbol: 'NVDA',
    side: 'BUY',
    qty: 10,
    price: 400,
    strategy: 'alpha',
    ...changes,
  };
}

export function liquidation(changes: Partial<LiquidationOrderRecord> = {}): LiquidationOrderRecord {
  const now = Date.now();
  return {
    order_id: `LQ-${randomUUID().slice(0, 8)}`,
    ts: now,
    account_id: 'ACC_1',
    symbol: 'NVDA',
    side: 'SELL',
    qty: 100,
    price: 400,
    strategy: 'liquidation',
    valid_until: now + 60_000,
    corr_id: 'C-liquidation',
    ...changes,
  };
}

export async function sendOrders(
  kafka: KafkaFixture,
  ...orders: readonly OrderRecord[]
): Promise<RecordPosition[]> {
  return kafka.publish(
    orders.map((one) => ({
      topic: TOPICS.orders.name,
      key: one.account_id,
      value: JSON.stringify(one),
    })),
  );
}

export async function sendLiquidations(
  kafka: KafkaFixture,
  ...orders: readonly LiquidationOrderRecord[]
): Promise<void> {
  await kafka.publish(
    orders.map((one) => ({
      topic: TOPICS.liquidationOrders.name,
      key: one.account_id,
      value: JSON.stringify(one),
    })),
  );
}

export async function sendPrice(kafka: KafkaFixture, symbol: string, price: number): Promise<void> {
  const value = JSON.stringify({ symbol, price, timestamp: Date.now() });
  await kafka.publish([{ topic: TOPICS.prices.name, key: symbol, value }]);
}

/** A command on killswitch.commands.v1, where its scope lies if on no other partition; returns its offset. */
export async function sendCommand(
  kafka: KafkaFixture,
  command: Pick<ControlCommandInput, 'scope' | 'action'> & Record<string, unknown>,
  partition?: number,
): Promise<number> {
  const value = JSON.stringify({
    cmd_id: randomUUID(),
    ts: Date.now(),
    reason: 'a test',
    triggered_by: 'somebody',
    ...command,
  });
  const [place] = await kafka.publish([
    {
      ...{ topic: TOPICS.controlCommands.name, key: command.scope, value },
      ...(partition === undefined ? {} : { partition }),
    },
  ]);
  return place?.offset ?? -1;
}

/** A record of killswitch.state.v1 as the control-projector writes it. */
export async function sendState(
  kafka: KafkaFixture,
  scope: Scope,
  state: Partial<ControlState>,
): Promise<void> {
  const record = encodeControlState(
    { ...openScope(scope), ...state },
    { reason: 'a test', actor: 'somebody', commandId: 'C1', corrId: 'C1', at: Date.now() },
  );
  const key = scopeName(scope);
  await kafka.publish([{ topic: TOPICS.controlState.name, key, value: JSON.stringify(record) }]);
}

/** What the gate decided, with what is void left out as every reader leaves it out. */
export async function decisions(
  kafka: KafkaFixture,
): Promise<(GatedDecision & { readonly offset: number })[]> {
  const records = await kafka.readAll(TOPICS.gatedOrders.name);
  const owners = new Map<number, Ownership>();
  const valid: (GatedDecision & { readonly offset: number })[] = [];
  for (const { partition, offset, value } of records) {
    const record: GatedOrderRecord = gatedOrderSchema.parse(JSON.parse(String(value)));
    const ownership = owners.get(partition) ?? new Ownership();
    owners.set(partition, ownership);
    if (record.kind === 'OWNER') ownership.marker(offset);
    else if (ownership.isValid(record.epoch, offset)) valid.push({ ...record, offset });
  }
  return valid;
}

export async function audits(kafka: KafkaFixture): Promise<AuditRecord[]> {
  const records = await kafka.readAll(TOPICS.audit.name);
  return records.map(({ value }) => auditSchema.parse(JSON.parse(String(value))));
}

export async function executions(kafka: KafkaFixture): Promise<ExecutionRecord[]> {
  const records = await kafka.readAll(TOPICS.executions.name);
  return records.map(({ value }) => executionSchema.parse(JSON.parse(String(value))));
}

/** The decision on an order, as soon as there is one. */
export function decided(kafka: KafkaFixture, orderId: string): Promise<GatedDecision> {
  return eventually(`a decision on ${orderId}`, WAIT_MS, async () =>
    (await decisions(kafka)).find(({ order: of }) => of?.order_id === orderId),
  );
}

/** The last execution of an order that is over. */
export function finished(kafka: KafkaFixture, orderId: string): Promise<ExecutionRecord> {
  return eventually(`the end of ${orderId}`, WAIT_MS, async () =>
    (await executions(kafka)).find(
      (execution) => execution.order_id === orderId && endsOrder(execution),
    ),
  );
}

/** What the engine would say of an account, and that it lives. Dollars and shares. */
export interface ToldAccount {
  readonly excess?: number | null;
  readonly cash?: number;
  readonly positions?: Readonly<Record<string, number>>;
  /** The first fill that the figures do not include. */
  readonly fillsPosition?: number;
}

let sequence = 0;

/** Publishes an account's figures in the engine's place, and a heartbeat that lasts for the test. */
export async function tellAccount(
  kafka: KafkaFixture,
  accountId: string,
  told: ToldAccount = {},
): Promise<void> {
  const { excess = 1_000_000, cash = 1_000_000, positions = {}, fillsPosition = 0 } = told;
  sequence += 1;
  const figures = {
    account_id: accountId,
    generation: 1,
    sequence,
    input_offsets: { 'fills.v1': fillsPosition, 'cash.v1': 0, 'adjustments.v1': 0 },
    cash,
    excess,
    positions: Object.entries(positions).map(([symbol, qty]) => ({ symbol, qty })),
  };
  const beats = Array.from({ length: kafka.partitions }, (_, partition) => ({
    topic: TOPICS.heartbeats.name,
    key: String(partition),
    value: JSON.stringify({
      partition,
      generation: 1,
      applied_offsets: {
        'fills.v1': 0,
        'cash.v1': 0,
        'adjustments.v1': 0,
        'prices.v1': [],
        'betas.v1': [],
        'instruments.v1': [],
      },
      calc_position: 0,
      ts: Date.now() + 3_600_000,
    }),
  }));
  await kafka.publish([
    { topic: TOPICS.marginCalc.name, key: accountId, value: JSON.stringify(figures) },
    ...beats,
  ]);
}

/** The last lease that a process has told. */
export async function lastLease(
  kafka: KafkaFixture,
  process: string,
): Promise<GateLeaseRecord | null> {
  const records = await kafka.readAll(TOPICS.gateLeases.name);
  const last = records.filter(({ key }) => key === process).at(-1);
  return last === undefined ? null : gateLeaseSchema.parse(JSON.parse(String(last.value)));
}

/** A publisher that keeps what it is given until it is let go: a process that was paused. */
export function pausable(): {
  readonly wrap: (publisher: Publisher) => Publisher;
  pause(): void;
  /** Resolves when what was held is acknowledged. */
  resume(): Promise<void>;
  readonly heldCount: () => number;
} {
  let held: (() => Promise<void>)[] | null = null;
  return {
    wrap: (publisher) => ({
      publish: (records) => {
        const keeping = held;
        if (keeping === null) return publisher.publish(records);
        return new Promise((resolve, reject) => {
          keeping.push(async () => {
            await publisher.publish(records).then(resolve, reject);
          });
        });
      },
    }),
    pause: () => {
      held = [];
    },
    resume: async () => {
      const keeping = held ?? [];
      held = null;
      for (const send of keeping) await send();
    },
    heldCount: () => held?.length ?? 0,
  };
}

/** Where a transaction waits when all is written: before the last look at it, or after that. */
type HeldAt = 'LOOK' | 'COMMIT';

/** An owner whose fills wait when all is written: a process that is stopped there, or cut off. */
export function heldBeforeCommit(): {
  readonly wrap: (owner: PartitionOwner) => PartitionOwner;
  /** From now on transactions of `partition` with a fill wait. */
  hold(partition: number, at?: HeldAt): void;
  letGo(): void;
  /** How many have come so far as to wait. */
  readonly heldCount: () => number;
  /** How many partitions were taken over: more than there are when one was given up. */
  readonly takenCount: () => number;
} {
  let takenCount = 0;
  let holding: { partition: number; at: HeldAt; until: Promise<void>; letGo: () => void } | null =
    null;
  let heldCount = 0;
  const wait = async (partition: number, at: HeldAt): Promise<void> => {
    if (holding?.partition !== partition || holding.at !== at) return;
    heldCount += 1;
    await holding.until;
  };
  return {
    wrap: (owner) => ({
      stop: () => owner.stop(),
      run: (inputs, takeOver) =>
        owner.run(inputs, (partition, writer) => {
          takenCount += 1;
          return takeOver(partition, {
            partition,
            transact: (write, consumed) => writer.transact(write, consumed),
            readToEnd: (...asked) => writer.readToEnd(...asked),
            committedPosition: (topic) => writer.committedPosition(topic),
            transactIf: (write, consumed, mayCommit) => {
              let fills = false;
              const noticed = (send: SendInTransaction) => (records: readonly OutboundRecord[]) => {
                fills ||= records.some(({ topic }) => topic === TOPICS.fills.name);
                return send(records);
              };
              return writer.transactIf(
                (send) => write(noticed(send)),
                consumed,
                async () => {
                  if (fills) await wait(partition, 'LOOK');
                  const may = await mayCommit();
                  if (fills) await wait(partition, 'COMMIT');
                  return may;
                },
              );
            },
          });
        }),
    }),
    hold: (partition, at = 'LOOK') => {
      let letGo = (): void => undefined;
      const until = new Promise<void>((resolve) => {
        letGo = resolve;
      });
      holding = { partition, at, until, letGo };
    },
    letGo: () => {
      holding?.letGo();
      holding = null;
    },
    heldCount: () => heldCount,
    takenCount: () => takenCount,
  };
}

/** A reader that hands nothing over until it is let go: its broker or its network stands still. */
export function pausableReader(): {
  readonly wrap: (reader: LogReader) => LogReader;
  pause(): void;
  resume(): void;
  /** Records that wait. */
  readonly heldCount: () => number;
} {
  let paused: Promise<void> | null = null;
  let resume = (): void => undefined;
  let held = 0;
  return {
    wrap: (reader) => ({
      start: (topics, onRecords) =>
        reader.start(topics, async (records) => {
          held += records.length;
          await paused;
          held -= records.length;
          await onRecords(records);
        }),
      positions: (topic) => reader.positions(topic),
      caughtUp: (timeoutMs) => reader.caughtUp(timeoutMs),
      caughtUpAdvancing: (stillMs) => reader.caughtUpAdvancing(stillMs),
      stop: () => reader.stop(),
    }),
    pause: () => {
      paused = new Promise((resolve) => {
        resume = resolve;
      });
    },
    resume: () => {
      resume();
      paused = null;
    },
    heldCount: () => held,
  };
}

/** A gate has taken every partition of a fresh topic: its markers are the first records, of epoch 0. */
export async function ownPartitions(kafka: KafkaFixture): Promise<void> {
  await kafka.publish(
    Array.from({ length: kafka.partitions }, (_, partition) => ({
      topic: TOPICS.gatedOrders.name,
      key: 'order-gate-1',
      partition,
      value: JSON.stringify({ kind: 'OWNER', partition, process: 'order-gate-1', ts: Date.now() }),
    })),
  );
}

let passedCount = 0;

/** A liquidation order as the gate of epoch 0 lets it pass. */
export function passed(
  liquidationOrder: LiquidationOrderRecord,
  changes: Partial<GatedDecision> = {},
): GatedDecision {
  const { valid_until, corr_id, ...rest } = liquidationOrder;
  passedCount += 1;
  return {
    kind: 'DECISION',
    event_id: `liquidation.orders.v1:0:${String(passedCount)}`,
    epoch: 0,
    source: { topic: 'liquidation.orders.v1', partition: 0, offset: passedCount },
    ts: rest.ts,
    order: { type: 'NEW', ...rest, liquidation: true },
    decision: 'ALLOW',
    code: 'ALLOW',
    observed: null,
    limit: null,
    valid_until,
    expires_at: valid_until,
    accepted: { opens_qty: 0, adverse_price: 0 },
    policy_version: 1,
    evidence: null,
    corr_id,
    ...changes,
  };
}
