import { MarginEngine } from '#consumers/margin-engine/engine.ts';
import { deadLetterSchema } from '#contracts/dead-letter.ts';
import type { DeadLetterRecord } from '#contracts/dead-letter.ts';
import type { AdjustmentRecord } from '#contracts/adjustments.ts';
import type {
  BetaRecord,
  CashEntry,
  CashRecord,
  FillEntry,
  FillRecord,
  PriceRecord,
} from '#contracts/ingest.ts';
import { heartbeatSchema, marginCalcSchema } from '#contracts/margin-figures.ts';
import type { HeartbeatRecord, MarginCalcRecord } from '#contracts/margin-figures.ts';
import { deadLetterTopicName, TOPICS } from '#contracts/topics.ts';
import { ALWAYS_OPEN } from '#domain/market-hours.ts';
import type { Policy } from '#domain/policy.ts';
import { createLogReader } from '#platform/kafka/log-reader.ts';
import { partitionOf } from '#platform/kafka/partition-of.ts';
import { createPartitionOwner } from '#platform/kafka/partition-owner.ts';
import { createPublisher } from '#platform/kafka/publisher.ts';
import { createMetrics } from '#platform/metrics.ts';
import { loadPolicy } from '#platform/policies.ts';
import type { FencedWriter, PartitionOwner } from '#ports/partition-owner.ts';
import type { OutboundRecord, RecordPosition } from '#ports/records.ts';
import { testLogger } from './kafka-fixture.ts';
import type { KafkaFixture } from './kafka-fixture.ts';

/** The margin engine in this process, on the test's broker, and what goes in and comes out of it. */

const GROUP = 'margin-engine';

/** Stands before each transaction of a partition: may wait, may throw in its place. */
export type Gate = (partition: number, records: readonly OutboundRecord[]) => Promise<void>;

export interface TestEngine {
  stop(): Promise<void>;
}

/** Starts an engine; defects are collected in `defects`. */
export async function startEngine(
  kafka: KafkaFixture,
  defects: unknown[],
  gate: Gate = () => Promise.resolve(),
  policy: Policy = loadPolicy('demo'),
): Promise<TestEngine> {
  const onFatal = (error: unknown): void => {
    defects.push(error);
  };
  const { surroundings, partitions } = kafka;
  const publisher = await createPublisher(surroundings, partitions);
  const engine = new MarginEngine({
    owner: gated(createPartitionOwner(surroundings, { groupId: GROUP, partitions, onFatal }), gate),
    marksReader: createLogReader(surroundings, { onFatal }),
    marketReader: createLogReader(surroundings, { onFatal }),
    isOpen: ALWAYS_OPEN,
    publisher,
    partitionOf: (key) => partitionOf(key, partitions),
    policy,
    clock: { now: () => Date.now() },
    logger: testLogger,
    metrics: createMetrics('margin-engine'),
    onFatal,
  });
  await engine.start();
  return {
    stop: async () => {
      await engine.stop();
      await publisher.close();
    },
  };
}

/** The owner as it is, with a gate inside each transaction: after the records, before the commit. */
function gated(owner: PartitionOwner, gate: Gate): PartitionOwner {
  return {
    run: (inputs, takeOver) =>
      owner.run(inputs, (partition, writer) => takeOver(partition, gatedWriter(writer, gate))),
    stop: () => owner.stop(),
  };
}

function gatedWriter(writer: FencedWriter, gate: Gate): FencedWriter {
  return {
    partition: writer.partition,
    transact: (write, consumed) =>
      writer.transact(async (send) => {
        const sent: OutboundRecord[] = [];
        const result = await write((records) => {
          sent.push(...records);
          return send(records);
        });
        await gate(writer.partition, sent);
        return result;
      }, consumed),
    transactIf: (write, consumed, mayCommit) => writer.transactIf(write, consumed, mayCommit),
    readToEnd: (...asked) => writer.readToEnd(...asked),
    committedPosition: (topic) => writer.committedPosition(topic),
  };
}

export function fill(
  fillId: string,
  accountId: string,
  changes: Partial<FillRecord> = {},
): FillRecord {
  return {
    fill_id: fillId,
    account_id: accountId,
    symbol: 'NVDA',
    qty: 10,
    price: 400,
    timestamp: Date.now(),
    ...changes,
  };
}

export function deposit(cashId: string, accountId: string, amount: number): CashRecord {
  return {
    cash_id: cashId,
    account_id: accountId,
    amount,
    kind: amount < 0 ? 'WITHDRAWAL' : 'DEPOSIT',
    timestamp: Date.now(),
  };
}

export function sendFills(
  kafka: KafkaFixture,
  ...fills: readonly FillEntry[]
): Promise<RecordPosition[]> {
  return send(kafka, TOPICS.fills.name, 'account_id', fills);
}

export function sendCash(
  kafka: KafkaFixture,
  ...movements: readonly CashEntry[]
): Promise<RecordPosition[]> {
  return send(kafka, TOPICS.cash.name, 'account_id', movements);
}

export function sendAdjustments(
  kafka: KafkaFixture,
  ...adjustments: readonly AdjustmentRecord[]
): Promise<RecordPosition[]> {
  return send(kafka, TOPICS.adjustments.name, 'account_id', adjustments);
}

export function sendPrices(
  kafka: KafkaFixture,
  ...prices: readonly PriceRecord[]
): Promise<RecordPosition[]> {
  return send(kafka, TOPICS.prices.name, 'symbol', prices);
}

export function sendBetas(
  kafka: KafkaFixture,
  ...betas: readonly BetaRecord[]
): Promise<RecordPosition[]> {
  return send(kafka, TOPICS.betas.name, 'symbol', betas);
}

function send<Key extends string>(
  kafka: KafkaFixture,
  topic: string,
  key: Key,
  records: readonly Record<Key, string>[],
): Promise<RecordPosition[]> {
  return kafka.publish(
    records.map((record) => ({ topic, key: record[key], value: JSON.stringify(record) })),
  );
}

/** margin.calc.v1 as it is now, by partition and offset. */
export async function allFigures(kafka: KafkaFixture): Promise<MarginCalcRecord[]> {
  const records = await kafka.readAll(TOPICS.marginCalc.name);
  return records.map(({ value }) => marginCalcSchema.parse(JSON.parse(String(value))));
}

/** The last figures of an account; null when there are none. */
export async function lastFigures(
  kafka: KafkaFixture,
  accountId: string,
): Promise<MarginCalcRecord | null> {
  const figures = await allFigures(kafka);
  return figures.findLast(({ account_id }) => account_id === accountId) ?? null;
}

/** The last heartbeat of each partition. */
export async function lastHeartbeats(kafka: KafkaFixture): Promise<Map<number, HeartbeatRecord>> {
  const records = await kafka.readAll(TOPICS.heartbeats.name);
  const heartbeats = records.map(({ value }) => heartbeatSchema.parse(JSON.parse(String(value))));
  return new Map(heartbeats.map((heartbeat) => [heartbeat.partition, heartbeat]));
}

/** The dead letters of a topic, in the order of their origins' offsets. */
export async function deadLetters(kafka: KafkaFixture, topic: string): Promise<DeadLetterRecord[]> {
  const records = await kafka.readAll(deadLetterTopicName(topic));
  return records
    .map(({ value }) => deadLetterSchema.parse(JSON.parse(String(value))))
    .sort((a, b) => a.offset - b.offset);
}
