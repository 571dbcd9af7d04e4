import { encodeMarginCalc } from '#contracts/margin-figures.ts';
import type { HeartbeatRecord } from '#contracts/margin-figures.ts';
import { TOPICS } from '#contracts/topics.ts';
import type { FiguresRequest, FiguresReading } from '#domain/case-events.ts';
import { accountFigures } from '#domain/margin.ts';
import { E4 } from '#domain/money.ts';
import type { Mark } from '#domain/price-acceptance.ts';
import { createEndOffsets, createLogReader } from '#platform/kafka/log-reader.ts';
import { createMetrics } from '#platform/metrics.ts';
import { partitionOf } from '#platform/kafka/partition-of.ts';
import type { FiguresReader } from '#ports/figures-reader.ts';
import type { LogReader } from '#ports/log-reader.ts';
import { createFreshFigures } from '../workers/fresh-figures.ts';
import { MARGIN_VIEW_TOPICS, MarginView } from '../workers/margin-view.ts';
import { SharedEnds } from '../workers/shared-ends.ts';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { openKafka, testLogger } from './kafka-fixture.ts';
import type { KafkaFixture } from './kafka-fixture.ts';
import { WALK_POLICY } from './ladder-walk.ts';

const PARTITIONS = 2;
const ACCOUNT = 'ACC_1';
const PARTITION = partitionOf(ACCOUNT, PARTITIONS);
const OTHER = 1 - PARTITION;

const REQUEST: FiguresRequest = {
  accountId: ACCOUNT,
  atLeast: null,
  // Longer than a machine stands still between two steps of a test.
  quoteAgeMaxMs: 60_000,
  heartbeatAgeMaxMs: 60_000,
  calendarVersion: 1,
};
const OLD_MS = 61_000;

let kafka: KafkaFixture;
/** How long the view may take to read what a test has written. */
const WAIT_MS = 60_000;

let reader: LogReader;
let figures: FiguresReader;
/** Waits long enough for whatever a slow machine has to do meanwhile. */
let patient: FiguresReader;
let stop: () => Promise<void>;
let isOpen: boolean;
/** How often the broker was asked where a topic ends. */
let endsAsked: number;
/** From when on an official close counts; null in session. */
let closesFrom: number | null;

beforeEach(async () => {
  kafka = await openKafka('fresh', PARTITIONS);
  isOpen = true;
  closesFrom = null;
  const metrics = createMetrics('worker');
  const unreadable = metrics.counter('sentinel_unreadable_records_total');
  const view = new MarginView(testLogger, unreadable);
  reader = createLogReader(kafka.surroundings, {
    onFatal: (error) => {
      throw error;
    },
  });
  const ends = await createEndOffsets(kafka.surroundings);
  endsAsked = 0;
  const countedEnds = {
    endOffsets: (topic: string) => {
      endsAsked += 1;
      return ends.endOffsets(topic);
    },
  };
  await reader.start(MARGIN_VIEW_TOPICS, (records) => view.take(records));
  const clock = { now: () => Date.now() };
  const parts = {
    view,
    reader,
    ends: new SharedEnds(countedEnds, clock),
    partitionOf: (accountId: string) => partitionOf(accountId, PARTITIONS),
    isOpen: () => isOpen,
    closesFrom: () => closesFrom,
    policy: WALK_POLICY,
    clock,
    logger: testLogger,
    seconds: metrics.histogram('sentinel_fresh_reading_seconds'),
  };
  figures = createFreshFigures(parts);
  patient = createFreshFigures({ ...parts, catchUpMsMax: WAIT_MS });
  stop = async () => {
    await reader.stop();
    await ends.close();
    await kafka.close();
  };
});

afterEach(async () => {
  await stop();
});

/** A reading once the view has all that the test has written: its own speed is not what is asked for. */
async function read(request: FiguresRequest): Promise<FiguresReading> {
  await reader.caughtUp(WAIT_MS);
  return figures.read(request);
}

/** What the engine of the account's partition says. */
async function heartbeat(
  applied: Partial<HeartbeatRecord['applied_offsets']>,
  options: {
    readonly ts?: number;
    readonly calcPosition?: number;
    readonly generation?: number;
  } = {},
): Promise<void> {
  const prices = [0, 0];
  prices[partitionOf('NVDA', PARTITIONS)] = 1;
  const record: HeartbeatRecord = {
    partition: PARTITION,
    generation: options.generation ?? 1,
    applied_offsets: {
      'fills.v1': 0,
      'cash.v1': 0,
      'adjustments.v1': 0,
      'prices.v1': prices,
      'betas.v1': [0, 0],
      'instruments.v1': [0, 0],
      ...applied,
    },
    calc_position: options.calcPosition ?? 1,
    ts: options.ts ?? Date.now(),
  };
  await publish(TOPICS.heartbeats.name, String(PARTITION), record);
}

async function quote(at: number): Promise<void> {
  await publish(TOPICS.prices.name, 'NVDA', { symbol: 'NVDA', price: 390, timestamp: at });
}

async function calc(priceE4: number | null = 390 * E4, mark: Mark | null = null): Promise<void> {
  const position = { symbol: 'NVDA', qtyE4: 500 * E4, priceE4, betaE4: 18_000 };
  const record = encodeMarginCalc(accountFigures(-150_000 * E4, [position], WALK_POLICY), {
    accountId: ACCOUNT,
    generation: 1,
    sequence: 7,
    asOf: Date.now(),
    cause: 'PRICE',
    fillsPosition: 0,
    adjustmentsPosition: 0,
    blockedBy: [],
    cashPosition: 0,
    creditedTotalE4: 0,
    markOf: () => mark,
    policyVersion: 'walk.1',
    correlationId: 'c1',
  });
  await publish(TOPICS.marginCalc.name, ACCOUNT, record);
}

/** A fill of some account on a partition. */
async function fill(partition: number): Promise<void> {
  const record = { topic: TOPICS.fills.name, key: ACCOUNT, value: '{}', partition };
  await kafka.publish([record]);
}

async function publish(topic: string, key: string, record: object): Promise<void> {
  await kafka.publish([{ topic, key, value: JSON.stringify(record) }]);
}

async function qualityOf(): Promise<string | undefined> {
  const reading = await read(REQUEST);
  return reading.outcome === 'FRESH' ? reading.positions[0]?.quality : reading.reason.code;
}

function staleCode(reading: FiguresReading): string {
  return reading.outcome === 'STALE' ? reading.reason.code : 'FRESH';
}

describe('a re-read of an account’s figures', () => {
  test('is fresh when the engine has applied every input and the last quote is young', async () => {
    await quote(Date.now());
    await calc();
    await heartbeat({});
    const reading = await read(REQUEST);
    if (reading.outcome !== 'FRESH') throw new Error(`stale: ${reading.reason.code}`);
    expect(reading.figures).toMatchObject({
      version: { generation: 1, sequence: 7 },
      status: 'MARGIN_CALL',
      deficiencyE4: 3_750 * E4,
    });
    expect(reading.cashE4).toBe(-150_000 * E4);
    expect(reading.positions).toMatchObject([
      {
        symbol: 'NVDA',
        qtyE4: 500 * E4,
        priceE4: 390 * E4,
        betaE4: 18_000,
      },
    ]);
  });

  test('waits for the engine to apply a fill that was there when it was asked for', async () => {
    await quote(Date.now());
    await calc();
    await heartbeat({});
    await fill(PARTITION);
    const reading = patient.read(REQUEST);
    await new Promise((resolve) => setTimeout(resolve, 500));
    await heartbeat({ 'fills.v1': 1 });
    expect(staleCode(await reading)).toBe('FRESH');
  });

  test('is stale when the engine does not get there, and says what it lacks', async () => {
    await quote(Date.now());
    await calc();
    await heartbeat({});
    await fill(PARTITION);
    const reading = await read(REQUEST);
    expect(reading).toMatchObject({
      outcome: 'STALE',
      reason: { code: 'NOT_CAUGHT_UP', what: 'fills.v1', observed: '0', limit: '1' },
    });
  });

  test('does not wait for the fills of another partition', async () => {
    await quote(Date.now());
    await calc();
    await fill(OTHER);
    await heartbeat({});
    expect(staleCode(await read(REQUEST))).toBe('FRESH');
  });

  test('waits for every price, for each may be of a symbol that is held', async () => {
    await quote(Date.now());
    await calc();
    await heartbeat({});
    await publish(TOPICS.prices.name, 'KO', { symbol: 'KO', price: 60, timestamp: Date.now() });
    expect(staleCode(await read(REQUEST))).toBe('NOT_CAUGHT_UP');
  });

  test('waits until its own view holds all that the engine has written', async () => {
    await quote(Date.now());
    await calc();
    await heartbeat({}, { calcPosition: 2 });
    expect(await read(REQUEST)).toMatchObject({
      reason: { code: 'NOT_CAUGHT_UP', what: 'margin.calc.v1 as read', observed: '1', limit: '2' },
    });
  });

  test('is stale when the engine has not been heard of', async () => {
    await quote(Date.now());
    await calc();
    expect(staleCode(await read(REQUEST))).toBe('HEARTBEAT_OLD');
    await heartbeat({}, { ts: Date.now() - OLD_MS });
    expect(await read(REQUEST)).toMatchObject({
      reason: { code: 'HEARTBEAT_OLD', limit: '60000 ms' },
    });
  });

  test('does not believe an engine that was replaced', async () => {
    await quote(Date.now());
    await calc();
    await heartbeat({}, { generation: 2, ts: Date.now() - OLD_MS });
    await heartbeat({}, { generation: 1 });
    expect(staleCode(await read(REQUEST))).toBe('HEARTBEAT_OLD');
  });

  test('says of each position that its last quote is old, and when it was', async () => {
    const at = Date.now() - OLD_MS;
    await quote(at);
    await calc();
    await heartbeat({});
    expect(await read(REQUEST)).toMatchObject({
      outcome: 'FRESH',
      positions: [{ symbol: 'NVDA', quality: 'STALE', quotedAt: at }],
    });
  });

  test('takes an old official close for good while the market is closed, and only then', async () => {
    const at = Date.now() - OLD_MS;
    await quote(at);
    await calc(390 * E4, { priceE4: 390 * E4, at, kind: 'CLOSE' });
    await heartbeat({});
    expect(await qualityOf()).toBe('STALE');
    isOpen = false;
    closesFrom = at;
    expect(await qualityOf()).toBeUndefined();
    closesFrom = at + 1;
    expect(await qualityOf()).toBe('STALE');
  });

  test('takes no trade out of session for a quote after the official close', async () => {
    const at = Date.now() - OLD_MS;
    isOpen = false;
    await quote(Date.now());
    await calc(390 * E4, { priceE4: 390 * E4, at, kind: 'CLOSE' });
    await heartbeat({});
    expect(await read(REQUEST)).toMatchObject({
      positions: [{ quality: 'STALE', quotedAt: at }],
    });
  });

  test('hands on what the engine doubts, which outweighs the age of the quote', async () => {
    const at = Date.now() - OLD_MS;
    await quote(at);
    const mark = { priceE4: 390 * E4, at, kind: 'TRADE', quality: 'HALTED' } as const;
    await calc(390 * E4, { ...mark, unconfirmedPriceE4: 100 * E4 });
    await heartbeat({});
    expect(await read(REQUEST)).toMatchObject({
      positions: [{ quality: 'HALTED', unconfirmedPriceE4: 100 * E4 }],
    });
  });

  test('says that a price is missing rather than old', async () => {
    await quote(Date.now() - OLD_MS);
    await calc(null);
    await heartbeat({});
    expect(await read(REQUEST)).toMatchObject({
      outcome: 'FRESH',
      figures: { status: 'INDETERMINATE', pricesMissing: ['NVDA'] },
    });
  });

  test('is stale for an account without figures, and for one whose figures cannot be read', async () => {
    await quote(Date.now());
    await heartbeat({}, { calcPosition: 0 });
    expect(staleCode(await read(REQUEST))).toBe('NO_FIGURES');
    await calc();
    expect(staleCode(await read(REQUEST))).toBe('FRESH');
    await publish(TOPICS.marginCalc.name, ACCOUNT, { account_id: ACCOUNT, cash: 'much' });
    expect(staleCode(await read(REQUEST))).toBe('NO_FIGURES');
  });

  test('is stale when the case was told later figures than there are', async () => {
    await quote(Date.now());
    await calc();
    await heartbeat({});
    const atLeast = { generation: 1, sequence: 8 };
    expect(await read({ ...REQUEST, atLeast })).toMatchObject({
      reason: { code: 'NOT_CAUGHT_UP', what: `figures of ${ACCOUNT}` },
    });
  });

  test('serves a hundred cases at once with the answers of one', async () => {
    await quote(Date.now());
    await calc();
    await heartbeat({});
    await read(REQUEST);
    const asked = endsAsked;
    await figures.read(REQUEST);
    const askedByOne = endsAsked - asked;
    const readings = await Promise.all(Array.from({ length: 100 }, () => figures.read(REQUEST)));
    expect(readings.map(staleCode)).toEqual(Array.from({ length: 100 }, () => 'FRESH'));
    expect(endsAsked - asked).toBeLessThanOrEqual(2 * askedByOne);
  });
});
