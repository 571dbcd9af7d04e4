import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { InstrumentRecord, PriceRecord } from '#contracts/ingest.ts';
import type { MarginCalcRecord } from '#contracts/margin-figures.ts';
import { TOPICS } from '#contracts/topics.ts';
import type { InstrumentAction } from '#domain/instruments.ts';
import { loadPolicy } from '#platform/policies.ts';
import {
  allFigures,
  deposit,
  fill,
  lastFigures,
  sendAdjustments,
  sendCash,
  sendFills,
  sendPrices,
  startEngine,
} from './engine-fixture.ts';
import type { TestEngine } from './engine-fixture.ts';
import { eventually, openKafka } from './kafka-fixture.ts';
import type { KafkaFixture } from './kafka-fixture.ts';

/** Which prices figures use, on a real broker; the rules themselves: domain/price-acceptance.test.ts. */

const WAIT_MS = 60_000;
const TEST_MS = 180_000;
/** Long enough that no test waits for it by accident. */
const PATIENT = { ...loadPolicy('demo'), outlierMs: 600_000 };
const QUICK = { ...loadPolicy('demo'), outlierMs: 300 };

let kafka: KafkaFixture;
let engine: TestEngine | null;
let defects: unknown[];

beforeEach(async () => {
  kafka = await openKafka('doubtful', 2);
  engine = null;
  defects = [];
});

afterEach(async () => {
  await engine?.stop();
  await kafka.close();
  expect(defects).toEqual([]);
}, TEST_MS);

async function start(policy = PATIENT): Promise<void> {
  engine = await startEngine(kafka, defects, undefined, policy);
}

async function restart(): Promise<void> {
  await engine?.stop();
  await start();
}

/** Equity 40,000 on 1,000 shares of NVDA at 100: deficient below 80. */
async function leveragedAccount(): Promise<void> {
  await trade(100);
  await sendCash(kafka, deposit('C1', 'ACC_1', 40_000));
  await figures('the deposit', ({ cash }) => cash === 40_000);
  await sendFills(kafka, fill('F1', 'ACC_1', { qty: 1_000, price: 100 }));
  await figures('the fill', (record) => record.positions[0]?.price === 100);
}

async function trade(...prices: number[]): Promise<void> {
  await quote(...prices.map((price) => ({ price })));
}

async function quote(...quotes: Pick<PriceRecord, 'price' | 'kind'>[]): Promise<void> {
  await sendPrices(
    kafka,
    ...quotes.map((facts) => ({ symbol: 'NVDA', timestamp: Date.now(), ...facts })),
  );
}

async function state(action: InstrumentAction): Promise<void> {
  const record: InstrumentRecord = { symbol: 'NVDA', action, timestamp: Date.now() };
  await kafka.publish([
    { topic: TOPICS.instruments.name, key: 'NVDA', value: JSON.stringify(record) },
  ]);
}

function figures(
  what: string,
  condition: (record: MarginCalcRecord) => boolean,
): Promise<MarginCalcRecord> {
  return eventually(what, WAIT_MS, async () => {
    const record = await lastFigures(kafka, 'ACC_1');
    return record !== null && condition(record) && record;
  });
}

const quality =
  (expected: string | undefined) =>
  (record: MarginCalcRecord): boolean =>
    record.positions[0]?.quality === expected;

describe('a price that moves too far', () => {
  test(
    'does not count while it is alone, and is forgotten when the market goes on',
    async () => {
      await start();
      await leveragedAccount();
      await trade(1);
      const outlying = await figures('outlying', quality('OUTLYING'));
      expect(outlying).toMatchObject({ status: 'ACTIVE', long_mv: 100_000 });
      expect(outlying.positions[0]).toMatchObject({ price: 100, unconfirmed_price: 1 });
      await trade(101);
      const good = await figures('good again', quality(undefined));
      expect(good.long_mv).toBe(101_000);
      const all = await allFigures(kafka);
      expect(all.map(({ status }) => status)).not.toContain('MARGIN_CALL');
    },
    TEST_MS,
  );

  test(
    'counts with its third confirming tick',
    async () => {
      await start();
      await leveragedAccount();
      await trade(70, 71, 70);
      await figures('outlying', quality('OUTLYING'));
      await trade(69);
      const crashed = await figures('the crash', ({ long_mv }) => long_mv === 69_000);
      expect(crashed).toMatchObject({ status: 'MARGIN_CALL' });
      expect(crashed.positions[0]).not.toHaveProperty('quality');
    },
    TEST_MS,
  );

  test(
    'counts when nothing contradicts it for the time of the policy',
    async () => {
      await start(QUICK);
      await leveragedAccount();
      await trade(70);
      const crashed = await figures('the crash', ({ long_mv }) => long_mv === 70_000);
      expect(crashed).toMatchObject({ status: 'MARGIN_CALL', cause: 'PRICE' });
    },
    TEST_MS,
  );

  test(
    'is still doubtful to an engine that starts anew, which counts on',
    async () => {
      await start();
      await leveragedAccount();
      await trade(70, 71);
      await figures('outlying', quality('OUTLYING'));
      await restart();
      const { generation } = await figures('taken over', (record) => record.generation > 1);
      const restarted = await figures('revalued', (record) => record.generation === generation);
      expect(restarted.positions[0]).toMatchObject({ price: 100, quality: 'OUTLYING' });
      await trade(70, 69);
      await figures('the crash', ({ long_mv }) => long_mv === 69_000);
    },
    TEST_MS,
  );
});

describe('a split', () => {
  test(
    'makes the old price doubtful, whatever restarts, until the market quotes the new shares',
    async () => {
      await start();
      await leveragedAccount();
      const split = { kind: 'SPLIT', symbol: 'NVDA', numerator: 2, denominator: 1 } as const;
      await sendAdjustments(kafka, {
        ...split,
        adjustment_id: 'A1',
        account_id: 'ACC_1',
        reason: '2 for 1',
        actor: 'ann',
        timestamp: Date.now(),
      });
      const booked = await figures('the split', ({ positions }) => positions[0]?.qty === 2_000);
      const doubted = { price: 100, quality: 'SPLIT', unconfirmed_price: 50 };
      expect(booked.positions[0]).toMatchObject(doubted);
      await restart();
      const restarted = await figures('taken over', (record) => record.generation > 1);
      expect(restarted.positions[0]).toMatchObject(doubted);
      await trade(100);
      await figures('a quote that says the same', quality(undefined));
    },
    TEST_MS,
  );
});

describe('an instrument', () => {
  test(
    'that opens far from its close is suspicious until a person clears it, whatever restarts',
    async () => {
      await start(QUICK);
      await leveragedAccount();
      await quote({ price: 100, kind: 'CLOSE' });
      await figures('the close', (record) => record.positions[0]?.price_kind === 'CLOSE');
      await trade(50, 50, 50, 50, 50, 50);
      await figures('suspicious', quality('SUSPICIOUS'));
      await engine?.stop();
      await start(QUICK);
      const restarted = await figures('taken over', (record) => record.generation > 1);
      expect(restarted.positions[0]).toMatchObject({
        price: 100,
        quality: 'SUSPICIOUS',
        unconfirmed_price: 50,
      });
      await state('CLEAR');
      const cleared = await figures('cleared', quality(undefined));
      expect(cleared).toMatchObject({ status: 'MARGIN_CALL', long_mv: 50_000 });
    },
    TEST_MS,
  );

  test(
    'that is halted says so until it trades again, whatever restarts',
    async () => {
      await start();
      await leveragedAccount();
      await state('HALT');
      await figures('halted', quality('HALTED'));
      await state('CLEAR');
      await restart();
      const restarted = await figures('taken over', (record) => record.generation > 1);
      expect(restarted.positions[0]).toMatchObject({ price: 100, quality: 'HALTED' });
      await state('RESUME');
      await figures('trading', quality(undefined));
    },
    TEST_MS,
  );
});
