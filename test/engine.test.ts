import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Kafka, logLevel } from 'kafkajs';
import { figuresVersionString } from '#contracts/figures-version.ts';
import { stressSchema } from '#contracts/margin-figures.ts';
import type { MarginCalcRecord } from '#contracts/margin-figures.ts';
import { TOPICS } from '#contracts/topics.ts';
import { KafkaTroubleError } from '#platform/kafka/kafka-trouble.ts';
import { createEndOffsets } from '#platform/kafka/log-reader.ts';
import { partitionOf } from '#platform/kafka/partition-of.ts';
import {
  allFigures,
  deadLetters,
  deposit,
  fill,
  lastFigures,
  lastHeartbeats,
  sendBetas,
  sendCash,
  sendFills,
  sendPrices,
  startEngine,
} from './engine-fixture.ts';
import type { Gate, TestEngine } from './engine-fixture.ts';
import { eventually, openKafka } from './kafka-fixture.ts';
import type { KafkaFixture } from './kafka-fixture.ts';

const PARTITIONS = 2;
const WAIT_MS = 60_000;
const TEST_MS = 180_000;

let kafka: KafkaFixture;
let engine: TestEngine | null;
let defects: unknown[];
/** Lets held transactions go, whatever became of the test that held them. */
let letGo: () => void;

beforeEach(async () => {
  kafka = await openKafka('engine', PARTITIONS);
  engine = null;
  defects = [];
  letGo = () => undefined;
});

afterEach(async () => {
  letGo();
  await engine?.stop();
  await kafka.close();
}, TEST_MS);

async function start(gate?: Gate): Promise<void> {
  engine = await startEngine(kafka, defects, gate);
}

function figuresOf(
  accountId: string,
  what: string,
  condition: (figures: MarginCalcRecord) => boolean,
): Promise<MarginCalcRecord> {
  return eventually(`${accountId}: ${what}`, WAIT_MS, async () => {
    const figures = await lastFigures(kafka, accountId);
    return figures !== null && condition(figures) && figures;
  });
}

/** Resolves when the engine has booked everything that was in its inputs at the call. */
async function allBooked(): Promise<void> {
  const marker = `MARK-${Date.now()}`;
  const accounts = accountsOnEveryPartition('MARK');
  await sendCash(kafka, ...accounts.map((account) => deposit(`${marker}-${account}`, account, 1)));
  await sendFills(
    kafka,
    ...accounts.map((account) => fill(`${marker}-${account}`, account, { symbol: 'MARK', qty: 1 })),
  );
  const ends = await endsOf([TOPICS.fills.name, TOPICS.cash.name]);
  await eventually('everything is booked', WAIT_MS, async () => {
    const heartbeats = await lastHeartbeats(kafka);
    return [...Array(PARTITIONS).keys()].every((partition) => {
      const applied = heartbeats.get(partition)?.applied_offsets;
      return (
        applied !== undefined &&
        applied['fills.v1'] >= (ends.get(TOPICS.fills.name)?.[partition] ?? 0) &&
        applied['cash.v1'] >= (ends.get(TOPICS.cash.name)?.[partition] ?? 0)
      );
    });
  });
}

async function endsOf(topics: readonly string[]): Promise<Map<string, readonly number[]>> {
  const ends = await createEndOffsets(kafka.surroundings);
  try {
    const found = new Map<string, readonly number[]>();
    for (const topic of topics) found.set(topic, await ends.endOffsets(topic));
    return found;
  } finally {
    await ends.close();
  }
}

function accountsOnEveryPartition(prefix: string): string[] {
  const accounts = new Map<number, string>();
  for (let n = 0; accounts.size < PARTITIONS; n += 1) {
    const account = `${prefix}_${n}`;
    const partition = partitionOf(account, PARTITIONS);
    if (!accounts.has(partition)) accounts.set(partition, account);
  }
  return [...accounts.values()];
}

describe('a fill, a cash movement and a price become figures', () => {
  test(
    'with the reference example: equity, requirement, excess, stress and versions',
    async () => {
      await sendPrices(kafka, { symbol: 'NVDA', price: 400, timestamp: Date.now() });
      await sendBetas(kafka, { symbol: 'NVDA', beta: 1.8, timestamp: Date.now() });
      await start();
      await sendCash(kafka, deposit('C1', 'ACC_1', 250_000));
      await figuresOf('ACC_1', 'the deposit', ({ cash }) => cash === 250_000);
      await sendFills(kafka, fill('F1', 'ACC_1', { qty: 500, correlation_id: 'order-7' }));
      const figures = await figuresOf('ACC_1', 'the fill', ({ cause }) => cause === 'FILL');
      expect(figures).toMatchObject({
        cash: 50_000,
        long_mv: 200_000,
        equity: 250_000,
        maintenance_req: 50_000,
        excess: 200_000,
        credited_total: 200_000,
        beta_weighted_exposure: 360_000,
        status: 'ACTIVE',
        policy_version: 'demo.1',
        correlation_id: 'order-7',
        input_offsets: { 'fills.v1': 1, 'cash.v1': 1, 'adjustments.v1': 0 },
      });
      const stress = (await kafka.readAll(TOPICS.stress.name))
        .map(({ value }) => stressSchema.parse(JSON.parse(String(value))))
        .filter(({ sequence }) => sequence === figures.sequence);
      expect(stress.map(({ scenario }) => scenario)).toEqual([
        -0.08, -0.06, -0.04, -0.02, 0, 0.02, 0.04, 0.06,
      ]);
      expect(stress[0]).toMatchObject({ delta_pnl: -28_800, equity_stressed: 221_200 });
    },
    TEST_MS,
  );

  test(
    'for the holders of a symbol only, and what did not hold it keeps its version',
    async () => {
      await sendPrices(
        kafka,
        { symbol: 'NVDA', price: 400, timestamp: Date.now() },
        { symbol: 'TSLA', price: 250, timestamp: Date.now() },
      );
      await start();
      await sendFills(
        kafka,
        fill('F1', 'HOLDS', { qty: 10 }),
        fill('F2', 'OTHER', { symbol: 'TSLA' }),
        fill('F3', 'SOLD', { qty: 10 }),
        fill('F4', 'SOLD', { qty: -10 }),
      );
      await allBooked();
      await sendPrices(kafka, { symbol: 'NVDA', price: 380, timestamp: Date.now() });
      await figuresOf('HOLDS', 'the price', ({ cause }) => cause === 'PRICE');
      await allBooked();
      const prices = (await allFigures(kafka)).filter(({ cause }) => cause === 'PRICE');
      expect(prices.map(({ account_id, long_mv }) => [account_id, long_mv])).toEqual([
        ['HOLDS', 3_800],
      ]);
    },
    TEST_MS,
  );
});

describe('price ticks are conflated per account', () => {
  test(
    'a burst of 200 ticks gives a handful of records, and the last price wins',
    async () => {
      await sendPrices(kafka, { symbol: 'NVDA', price: 400, timestamp: Date.now() });
      await start();
      await sendFills(kafka, fill('F1', 'ACC_1', { qty: 1 }));
      await figuresOf('ACC_1', 'the fill', ({ cause }) => cause === 'FILL');
      const startedAt = Date.now();
      for (let tick = 1; tick <= 200; tick += 1) {
        await sendPrices(kafka, { symbol: 'NVDA', price: 400 + tick, timestamp: Date.now() });
      }
      await figuresOf('ACC_1', 'the last price', ({ long_mv }) => long_mv === 600);
      // However late the engine comes to the ticks: they are conflated as it reads them.
      const elapsedMs = Date.now() - startedAt;
      const records = (await allFigures(kafka)).filter(({ cause }) => cause === 'PRICE');
      // The first tick at once, then one record an interval (250 ms), and one for the rest.
      expect(records.length).toBeLessThanOrEqual(Math.ceil(elapsedMs / 250) + 2);
      expect(records.length).toBeLessThan(200);
      expect(records.at(-1)?.positions[0]?.price).toBe(600);
    },
    TEST_MS,
  );

  test(
    'an older quote is ignored, one from the future goes to the dead letters',
    async () => {
      const now = Date.now();
      await sendPrices(kafka, { symbol: 'NVDA', price: 400, timestamp: now });
      await start();
      await sendFills(kafka, fill('F1', 'ACC_1', { qty: 1 }));
      await figuresOf('ACC_1', 'the fill', ({ cause }) => cause === 'FILL');
      const [first] = await sendPrices(
        kafka,
        { symbol: 'NVDA', price: 1, timestamp: now - 1 },
        { symbol: 'NVDA', price: 2, timestamp: Date.now() + 60_000 },
        { symbol: 'NVDA', price: 450, timestamp: Date.now() },
      );
      await figuresOf('ACC_1', 'the good price', ({ long_mv }) => long_mv === 450);
      expect((await allFigures(kafka)).map(({ long_mv }) => long_mv)).toEqual([400, 450]);
      const letters = await eventually('the letter', WAIT_MS, async () => {
        const found = await deadLetters(kafka, TOPICS.prices.name);
        return found.length > 0 && found;
      });
      expect(letters).toMatchObject([
        { code: 'FROM_THE_FUTURE', offset: (first?.offset ?? 0) + 1, refused_by: 'margin-engine' },
      ]);
    },
    TEST_MS,
  );
});

describe('bad records', () => {
  test(
    'go to the dead letters with their reason; nothing stops, no account moves',
    async () => {
      await sendPrices(kafka, { symbol: 'NVDA', price: 400, timestamp: Date.now() });
      await start();
      await sendCash(kafka, deposit('C1', 'ACC_1', 1_000));
      await figuresOf('ACC_1', 'the deposit', ({ cash }) => cash === 1_000);
      const good = fill('F9', 'ACC_1');
      const badFills: [key: string, value: string, code: string, reason: RegExp][] = [
        ['ACC_1', 'no json', 'MALFORMED', /JSON/],
        ['ACC_1', JSON.stringify({ ...good, qty: 'NaN' }), 'SCHEMA', /^\/qty: /],
        ['ACC_1', JSON.stringify({ ...good, price: undefined }), 'SCHEMA', /^\/price: /],
        ['ACC_1', JSON.stringify({ ...good, hidden: 1 }), 'SCHEMA', /hidden/],
        ['ACC_1', JSON.stringify({ ...good, qty: 1e15 }), 'SCHEMA', /^\/qty: /],
        ['ACC_2', JSON.stringify(good), 'WRONG_KEY', /ACC_1/],
        ['ACC_1', JSON.stringify({ ...good, timestamp: 1 }), 'TOO_OLD', /timestamp 1/],
        [
          'ACC_1',
          JSON.stringify({ ...good, timestamp: Date.now() + 3_600_000 }),
          'FROM_THE_FUTURE',
          /ahead/,
        ],
        [
          'ACC_1',
          JSON.stringify({ ...good, qty: 1e8, price: 1e7 }),
          'OUT_OF_RANGE',
          /range|billion/,
        ],
        ['ACC_1', JSON.stringify({ ...good, symbol: 'x'.repeat(900_000) }), 'TOO_LARGE', /bytes/],
      ];
      const partition = partitionOf('ACC_1', PARTITIONS);
      for (const [key, value] of badFills) {
        await kafka.publish([{ topic: TOPICS.fills.name, key, value, partition }]);
      }
      await kafka.publish([
        {
          topic: TOPICS.fills.name,
          key: 'ACC_1',
          value: JSON.stringify(good),
          partition: 1 - partition,
        },
        { topic: TOPICS.cash.name, key: 'ACC_1', value: '{}' },
        { topic: TOPICS.betas.name, key: 'NVDA', value: '[]' },
        { topic: TOPICS.prices.name, key: 'NVDA', value: '{"symbol":"NVDA","price":-1}' },
      ]);
      await allBooked();

      const letters = await deadLetters(kafka, TOPICS.fills.name);
      const own = letters.filter((letter) => letter.partition === partition);
      expect(own.map(({ code }) => code)).toEqual(badFills.map(([, , code]) => code));
      for (const [n, [, value, , reason]] of badFills.entries()) {
        expect(own[n]?.reason).toMatch(reason);
        const kept = String(Buffer.from(own[n]?.value_base64 ?? '', 'base64'));
        expect(value.startsWith(kept)).toBe(true);
      }
      expect(letters.filter((letter) => letter.partition !== partition)).toMatchObject([
        { code: 'WRONG_KEY', reason: expect.stringMatching(/belongs on partition/) },
      ]);
      for (const topic of [TOPICS.cash.name, TOPICS.betas.name, TOPICS.prices.name]) {
        await eventually(`a letter of ${topic}`, WAIT_MS, async () => {
          const found = await deadLetters(kafka, topic);
          return found.length === 1 && found[0]?.code === 'SCHEMA';
        });
      }
      const after = await lastFigures(kafka, 'ACC_1');
      expect(after).toMatchObject({ cash: 1_000, positions: [], status: 'INDETERMINATE' });
      expect(after?.equity).toBeNull();
      // Each bad record blocks the account that it names, or that its key does.
      const blocked = after?.blocked_by.map(({ code }) => code);
      expect(blocked).toEqual(expect.arrayContaining(badFills.map(([, , code]) => code)));
      expect(await lastFigures(kafka, 'ACC_2')).toBeNull();
      expect(defects).toEqual([]);
    },
    TEST_MS,
  );

  test(
    'prices that leave the exact range stop nothing: the account has no figures until they are back',
    async () => {
      await sendPrices(kafka, { symbol: 'NVDA', price: 400, timestamp: Date.now() });
      await start();
      await sendFills(kafka, fill('F1', 'ACC_1', { qty: 1_000_000 }), fill('F2', 'ACC_2'));
      await figuresOf('ACC_1', 'the fill', ({ cause }) => cause === 'FILL');
      await sendPrices(kafka, { symbol: 'NVDA', price: 9_000_000, timestamp: Date.now() });
      const beyond = await figuresOf(
        'ACC_1',
        'no value',
        ({ status }) => status === 'INDETERMINATE',
      );
      expect(beyond).toMatchObject({ equity: null, prices_missing: ['NVDA'] });
      await sendPrices(kafka, { symbol: 'NVDA', price: 401, timestamp: Date.now() });
      await figuresOf('ACC_1', 'a value again', ({ long_mv }) => long_mv === 401_000_000);
      await figuresOf('ACC_2', 'a value', ({ long_mv }) => long_mv === 4_010);
      expect(defects).toEqual([]);
    },
    TEST_MS,
  );
});

describe('what the engine says of itself is true', () => {
  test(
    'applied offsets reach the ends of all inputs, transaction markers included',
    async () => {
      await start();
      const producer = new Kafka({
        brokers: [...kafka.surroundings.brokers],
        logLevel: logLevel.NOTHING,
      }).producer({
        transactionalId: `${kafka.topicPrefix}outside`,
        maxInFlightRequests: 1,
        idempotent: true,
      });
      await producer.connect();
      const accounts = accountsOnEveryPartition('TX');
      const price = { symbol: 'NVDA', price: 400, timestamp: Date.now() };
      for (const ends of ['commit', 'abort'] as const) {
        const transaction = await producer.transaction();
        for (const account of accounts) {
          const value = JSON.stringify(fill(`${ends}-${account}`, account));
          const partition = partitionOf(account, PARTITIONS);
          const topic = kafka.topicPrefix + TOPICS.fills.name;
          await transaction.send({ topic, messages: [{ key: account, value, partition }] });
        }
        await transaction.send({
          topic: kafka.topicPrefix + TOPICS.prices.name,
          messages: [
            {
              key: 'NVDA',
              value: JSON.stringify(price),
              partition: partitionOf('NVDA', PARTITIONS),
            },
          ],
        });
        await transaction[ends]();
      }
      await producer.disconnect();

      const topics = [TOPICS.fills, TOPICS.cash, TOPICS.prices, TOPICS.betas].map(
        ({ name }) => name,
      );
      // The broker writes the markers of a transaction after it has answered its end.
      const ends = await eventually('two fills and two markers a partition', WAIT_MS, async () => {
        const found = await endsOf(topics);
        return accounts.every((_, n) => found.get(TOPICS.fills.name)?.[n] === 4) && found;
      });
      const heartbeats = await eventually('heartbeats at the ends', WAIT_MS, async () => {
        const found = await lastHeartbeats(kafka);
        const atTheEnds = [...Array(PARTITIONS).keys()].every((n) => {
          const applied = found.get(n)?.applied_offsets;
          return (
            applied?.['fills.v1'] === ends.get(TOPICS.fills.name)?.[n] &&
            applied?.['cash.v1'] === ends.get(TOPICS.cash.name)?.[n] &&
            String(applied?.['prices.v1']) === String(ends.get(TOPICS.prices.name)) &&
            String(applied?.['betas.v1']) === String(ends.get(TOPICS.betas.name))
          );
        });
        return atTheEnds && found;
      });

      // calc_position lies right behind the last record that the engine has written.
      const calc = await kafka.readAll(TOPICS.marginCalc.name);
      for (const [partition, heartbeat] of heartbeats) {
        const last = calc.findLast((record) => record.partition === partition);
        expect(heartbeat.calc_position).toBe((last?.offset ?? -1) + 1);
      }
      const fills = (await allFigures(kafka)).filter(({ cause }) => cause === 'FILL');
      expect(fills.map(({ positions }) => positions[0]?.qty)).toEqual([10, 10]);
    },
    TEST_MS,
  );

  test(
    'the market counts as applied although prices tick without a pause',
    async () => {
      await sendPrices(kafka, { symbol: 'NVDA', price: 400, timestamp: Date.now() });
      await start();
      const fills = Array.from({ length: 1_200 }, (_, n) => fill(`F${n}`, `ACC_${n}`, { qty: 1 }));
      await sendFills(kafka, ...fills);
      await allBooked();
      const partition = partitionOf('NVDA', PARTITIONS);
      let ticked = 0;
      const ticking = new AbortController();
      const ticks = (async () => {
        while (!ticking.signal.aborted) {
          ticked += 1;
          const price = 400 + (ticked % 50) / 100;
          await sendPrices(kafka, { symbol: 'NVDA', price, timestamp: Date.now() });
        }
      })();
      try {
        await eventually('the market is applied', WAIT_MS, async () => {
          const heartbeats = [...(await lastHeartbeats(kafka)).values()];
          return heartbeats.every(
            (heartbeat) => (heartbeat.applied_offsets['prices.v1'][partition] ?? 0) > 50,
          );
        });
      } finally {
        ticking.abort();
        await ticks;
      }
    },
    TEST_MS,
  );

  test(
    'nothing counts as applied before its figures are committed, though prices tick meanwhile',
    async () => {
      const open: { held: boolean; waiting: (() => void)[] } = { held: false, waiting: [] };
      letGo = () => {
        open.held = false;
        for (const go of open.waiting) go();
      };
      await sendPrices(kafka, { symbol: 'NVDA', price: 400, timestamp: Date.now() });
      await start(async (_, records) => {
        if (!open.held || !records.some(({ topic }) => topic === TOPICS.marginCalc.name)) return;
        await new Promise<void>((resolve) => open.waiting.push(resolve));
      });
      await sendFills(kafka, fill('F1', 'ACC_1', { qty: 1 }));
      await figuresOf('ACC_1', 'the first fill', ({ cause }) => cause === 'FILL');
      await allBooked();
      const partition = partitionOf('ACC_1', PARTITIONS);
      const before = (await lastHeartbeats(kafka)).get(partition);

      // The fill's transaction is held before its commit; a price comes, which the fill has not seen.
      open.held = true;
      const [held] = await sendFills(kafka, fill('F2', 'ACC_1', { qty: 1 }));
      await eventually(
        'the transaction is under way',
        WAIT_MS,
        async () => open.waiting.length > 0,
      );
      await sendPrices(kafka, { symbol: 'NVDA', price: 390, timestamp: Date.now() });
      const since = Date.now();
      const during = await eventually('two heartbeats meanwhile', WAIT_MS, async () => {
        const heartbeat = (await lastHeartbeats(kafka)).get(partition);
        return heartbeat !== undefined && heartbeat.ts > since + 2_000 && heartbeat;
      });
      expect(during.applied_offsets).toEqual(before?.applied_offsets);
      expect(during.calc_position).toBe(before?.calc_position);

      letGo();
      const after = await figuresOf('ACC_1', 'both', ({ long_mv }) => long_mv === 780);
      expect(after.input_offsets['fills.v1']).toBe((held?.offset ?? 0) + 1);
      await eventually('the price is applied', WAIT_MS, async () => {
        const heartbeat = (await lastHeartbeats(kafka)).get(partition);
        const ends = await endsOf([TOPICS.prices.name]);
        return (
          String(heartbeat?.applied_offsets['prices.v1']) === String(ends.get(TOPICS.prices.name))
        );
      });
    },
    TEST_MS,
  );

  test(
    'a backlog is booked at once and counts as applied only when all its figures are out',
    async () => {
      const hold = await startHolding((topics) => topics.has(TOPICS.marginCalc.name));
      const before = (await lastHeartbeats(kafka)).get(0);
      const accounts = accountsOfPartition0(240);
      hold();
      // Fewer than one send holds, so that they come in one batch.
      await sendFills(
        kafka,
        ...[1, 2].flatMap((n) => accounts.map((account) => fill(`${account}-${n}`, account))),
      );
      await eventually('all is booked', WAIT_MS, async () => {
        const changelog = await kafka.readAll(TOPICS.engineChangelog.name);
        const booked = changelog.filter(({ value }) =>
          /"BACKLOG_.*\["NVDA",200000\]/.test(String(value)),
        );
        return new Set(booked.map(({ key }) => key)).size === accounts.length;
      });
      const since = Date.now();
      const during = await eventually('heartbeats meanwhile', WAIT_MS, async () => {
        const heartbeat = (await lastHeartbeats(kafka)).get(0);
        return heartbeat !== undefined && heartbeat.ts > since + 2_000 && heartbeat;
      });
      expect(during.applied_offsets['fills.v1']).toBe(before?.applied_offsets['fills.v1']);

      letGo();
      await allBooked();
      const told = new Map(
        (await allFigures(kafka)).map((figures) => [figures.account_id, figures]),
      );
      const quantities = accounts.map((account) => told.get(account)?.positions[0]?.qty);
      expect(quantities).toEqual(accounts.map(() => 20));
    },
    TEST_MS,
  );

  test(
    'figures of many accounts do not wait for their stress rows, which follow',
    async () => {
      const hold = await startHolding((topics) => [...topics].join() === TOPICS.stress.name);
      const accounts = accountsOfPartition0(300);
      await sendFills(kafka, ...accounts.map((account) => fill(account, account)));
      await eventually('the first stress rows', WAIT_MS, async () => {
        const rows = await stressedVersions();
        return accounts.every((account) => rows.has(account));
      });
      hold();
      await sendPrices(kafka, { symbol: 'NVDA', price: 404, timestamp: Date.now() });
      const ends = await endsOf([TOPICS.prices.name]);
      await eventually('the price is applied', WAIT_MS, async () => {
        const applied = (await lastHeartbeats(kafka)).get(0)?.applied_offsets['prices.v1'];
        return String(applied) === String(ends.get(TOPICS.prices.name));
      });
      const told = await toldVersions();
      const early = await stressedVersions();
      expect(accounts.filter((one) => early.get(one) === told.get(one))).toEqual([]);

      letGo();
      // An engine that has to join its group anew meanwhile tells all figures anew.
      await eventually('all stress rows of the last figures', WAIT_MS, async () => {
        const [last, late] = [await toldVersions(), await stressedVersions()];
        return accounts.every((one) => late.get(one) === last.get(one));
      });
      expect((await lastFigures(kafka, accounts[0] ?? ''))?.positions[0]?.price).toBe(404);
      expect(defects).toEqual([]);
    },
    TEST_MS,
  );
});

/**
 * Starts an engine with a price whose transactions on partition 0 wait, once `hold` was called, when
 * `isHeld` says so of their topics; `letGo` lets them go.
 */
async function startHolding(isHeld: (topics: ReadonlySet<string>) => boolean): Promise<() => void> {
  let held = false;
  const waiting: (() => void)[] = [];
  letGo = () => {
    held = false;
    for (const go of waiting) go();
  };
  await sendPrices(kafka, { symbol: 'NVDA', price: 400, timestamp: Date.now() });
  await start(async (partition, records) => {
    if (!held || partition !== 0 || !isHeld(new Set(records.map(({ topic }) => topic)))) return;
    await new Promise<void>((resolve) => waiting.push(resolve));
  });
  await allBooked();
  return () => {
    held = true;
  };
}

function accountsOfPartition0(count: number): string[] {
  return Array.from({ length: 8 * count }, (_, n) => `BACKLOG_${n}`)
    .filter((account) => partitionOf(account, PARTITIONS) === 0)
    .slice(0, count);
}

/** Of each account the version of its last figures. */
async function toldVersions(): Promise<Map<string, string>> {
  const figures = await allFigures(kafka);
  return new Map(figures.map((each) => [each.account_id, figuresVersionString(each)]));
}

/** Of each account the last version of which all eight stress rows are there. */
async function stressedVersions(): Promise<Map<string, string>> {
  const versions = new Map<string, string>();
  const counts = new Map<string, number>();
  for (const { value } of await kafka.readAll(TOPICS.stress.name)) {
    const row = stressSchema.parse(JSON.parse(String(value)));
    const version = figuresVersionString(row);
    const count = (counts.get(`${row.account_id} ${version}`) ?? 0) + 1;
    counts.set(`${row.account_id} ${version}`, count);
    if (count === 8) versions.set(row.account_id, version);
  }
  return versions;
}

describe('a transaction that fails', () => {
  test(
    'moves nothing: the partition is taken over anew and every fill counts once',
    async () => {
      const failing = { from: Infinity, count: 0 };
      await start(async (_, records) => {
        if (!records.some(({ topic }) => topic === TOPICS.marginCalc.name)) return;
        failing.count += 1;
        if (failing.count === failing.from) throw new KafkaTroubleError('the broker said no');
      });
      await sendFills(kafka, fill('F1', 'ACC_1', { qty: 1 }));
      await figuresOf('ACC_1', 'the first fill', ({ cause }) => cause === 'FILL');
      failing.from = failing.count + 1;
      await sendFills(kafka, fill('F1', 'ACC_1', { qty: 1 }), fill('F2', 'ACC_1', { qty: 1 }));
      await sendFills(kafka, fill('F3', 'ACC_1', { qty: 1 }), fill('F2', 'ACC_1', { qty: 1 }));
      await allBooked();
      const figures = await allFigures(kafka);
      const own = figures.filter(({ account_id }) => account_id === 'ACC_1');
      expect(own.at(-1)?.generation).toBeGreaterThan(own[0]?.generation ?? 0);
      expect(own.at(-1)?.cash).toBe(-1_200);
      expect(own.at(-1)?.positions).toMatchObject([{ symbol: 'NVDA', qty: 3 }]);
      const versions = own.map(figuresVersionString);
      expect(versions).toEqual([...new Set(versions)].sort());
      expect(defects).toEqual([]);
    },
    TEST_MS,
  );

  test(
    'for a reason that is not the broker’s ends the process',
    async () => {
      const failing = { now: false };
      await start(async () => {
        if (failing.now) throw new TypeError('a defect');
      });
      failing.now = true;
      await sendFills(kafka, fill('F1', 'ACC_1'));
      await eventually('the defect is told', WAIT_MS, async () => defects.length > 0);
      expect(defects).toEqual([expect.any(TypeError)]);
      // Nothing is written any more with books that may be wrong.
      expect(await allFigures(kafka)).toEqual([]);
    },
    TEST_MS,
  );

  test(
    'is not what many duplicates in a row make of it',
    async () => {
      await start();
      await sendFills(kafka, fill('F1', 'ACC_1', { qty: 1, price: 1 }));
      const first = await figuresOf('ACC_1', 'the first fill', ({ cash }) => cash === -1);
      for (let n = 0; n < 150; n += 1)
        await sendFills(kafka, fill('F1', 'ACC_1', { qty: 1, price: 1 }));
      await sendFills(kafka, fill('F2', 'ACC_1', { qty: 1, price: 1 }));
      const figures = await figuresOf('ACC_1', 'both fills', ({ cash }) => cash === -2);
      // The partition was never given up.
      expect(figures).toMatchObject({ generation: first.generation, sequence: 2 });
    },
    TEST_MS,
  );
});
