import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { AdjustmentRecord } from '#contracts/adjustments.ts';
import { auditSchema } from '#contracts/case-events.ts';
import type { AuditRecord } from '#contracts/case-events.ts';
import type { FillEntry } from '#contracts/ingest.ts';
import type { MarginCalcRecord } from '#contracts/margin-figures.ts';
import { TOPICS } from '#contracts/topics.ts';
import { partitionOf } from '#platform/kafka/partition-of.ts';
import {
  deadLetters,
  deposit,
  fill,
  lastFigures,
  sendAdjustments,
  sendCash,
  sendFills,
  sendPrices,
} from './engine-fixture.ts';
import { eventually, openKafka } from './kafka-fixture.ts';
import type { KafkaFixture } from './kafka-fixture.ts';
import { startPart } from './part-fixture.ts';
import type { PartProcess } from './part-fixture.ts';

const PARTITIONS = 2;
const WAIT_MS = 60_000;
const TEST_MS = 300_000;

let kafka: KafkaFixture;
let engine: PartProcess | null;

beforeEach(async () => {
  kafka = await openKafka('engine-corrections', PARTITIONS);
  engine = null;
});

afterEach(async () => {
  await engine?.stop();
  await kafka.close();
});

async function startEngine(): Promise<void> {
  engine = await startPart('consumers/margin-engine/main.ts', {
    SENTINEL_TOPIC_PREFIX: kafka.topicPrefix,
    SENTINEL_PARTITIONS: String(PARTITIONS),
  });
}

async function killAndRestart(): Promise<void> {
  await engine?.kill();
  await startEngine();
}

function figures(
  what: string,
  condition: (figures: MarginCalcRecord) => boolean,
  accountId = 'ACC_1',
): Promise<MarginCalcRecord> {
  return eventually(what, WAIT_MS, async () => {
    const found = await lastFigures(kafka, accountId);
    return found !== null && condition(found) && found;
  });
}

function cancel(fillId: string, ref: string): FillEntry {
  return {
    fill_id: fillId,
    account_id: 'ACC_1',
    kind: 'CANCEL',
    ref_fill_id: ref,
    timestamp: Date.now(),
  };
}

async function audited(): Promise<AuditRecord[]> {
  const records = await kafka.readAll(TOPICS.audit.name);
  return records.map(({ value }) => auditSchema.parse(JSON.parse(String(value))));
}

test(
  'what fills said survives kill -9: they are cancelled, corrected and told from other content afterwards',
  async () => {
    await sendPrices(kafka, { symbol: 'NVDA', price: 400, timestamp: Date.now() });
    await startEngine();
    await sendCash(kafka, deposit('C1', 'ACC_1', 100_000));
    const first = fill('F1', 'ACC_1', { qty: 33.3333, price: 401.1107 });
    await sendFills(kafka, first, fill('F2', 'ACC_1', { qty: 5 }));
    await figures('both fills', ({ positions }) => positions[0]?.qty === 38.3333);

    await killAndRestart();
    await sendFills(kafka, cancel('X1', 'F1'));
    const cancelled = await figures('the cancel', ({ positions }) => positions[0]?.qty === 5);
    expect(cancelled).toMatchObject({ cash: 98_000, status: 'ACTIVE', blocked_by: [] });
    const correction = { kind: 'CORRECT', ref_fill_id: 'F2' } as const;
    await sendFills(kafka, { ...fill('F3', 'ACC_1', { qty: 7 }), ...correction });
    const corrected = await figures('the correction', ({ positions }) => positions[0]?.qty === 7);
    // 97,200 of cash and 2,800 of shares less 25 % of them.
    expect(corrected).toMatchObject({ cash: 97_200, excess: 99_300, credited_total: 99_300 });

    await killAndRestart();
    // The same again changes nothing; a second cancel and other content block the account.
    await sendFills(kafka, first, cancel('X1', 'F1'));
    await sendFills(kafka, cancel('X2', 'F2'), { ...first, price: 400 });
    const blocked = await figures('two blocks', ({ blocked_by }) => blocked_by.length === 2);
    expect(blocked).toMatchObject({ cash: 97_200, status: 'INDETERMINATE', equity: null });
    expect(blocked.blocked_by.map(({ code }) => code)).toEqual([
      'ALREADY_ENDED',
      'DIFFERENT_CONTENT',
    ]);
    const letters = await deadLetters(kafka, TOPICS.fills.name);
    expect(letters.map(({ code }) => code)).toEqual(['ALREADY_ENDED', 'DIFFERENT_CONTENT']);

    await killAndRestart();
    const still = await figures('the blocks after a restart', ({ generation }) => generation >= 4);
    expect(still.blocked_by).toEqual(blocked.blocked_by);
    await sendAdjustments(kafka, {
      kind: 'CLEAR',
      adjustment_id: 'K1',
      account_id: 'ACC_1',
      clears: blocked.blocked_by.map(({ what }) => what),
      reason: 'the venue sent both in error',
      actor: 'ann',
      timestamp: Date.now(),
    });
    const cleared = await figures('cleared', ({ status }) => status === 'ACTIVE');
    expect(cleared).toMatchObject({ cash: 97_200, excess: 99_300, blocked_by: [] });
    const events = await audited();
    expect(events.map(({ event_type }) => event_type)).toEqual(['BLOCKED', 'BLOCKED', 'CLEARED']);
    expect(events.at(-1)).toMatchObject({
      actor: 'ann',
      details: { reason: 'the venue sent both in error' },
    });
  },
  TEST_MS,
);

test(
  'an adjustment counts once and is audited once, and its figures say so',
  async () => {
    await sendPrices(kafka, { symbol: 'NVDA', price: 400, timestamp: Date.now() });
    await startEngine();
    const transfer: Extract<AdjustmentRecord, { kind: 'TRANSFER_IN' }> = {
      kind: 'TRANSFER_IN',
      adjustment_id: 'A1',
      account_id: 'ACC_1',
      positions: [{ symbol: 'NVDA', qty: 100 }],
      cash: -500,
      reason: 'ACATS',
      actor: 'ben',
      timestamp: Date.now(),
    };
    await sendAdjustments(kafka, transfer);
    const moved = await figures('the transfer', ({ cause }) => cause === 'ADJUSTMENT');
    // 40,000 of shares less 25 %, less 500 of debit: all of it a credit.
    expect(moved).toMatchObject({ cash: -500, excess: 29_500, credited_total: 29_500 });
    expect(moved.input_offsets['adjustments.v1']).toBe(1);
    await killAndRestart();
    const split = { numerator: 2, denominator: 1, adjustment_id: 'A2', symbol: 'NVDA' };
    const { positions: _positions, cash: _cash, ...common } = transfer;
    await sendAdjustments(kafka, transfer, { ...common, ...split, kind: 'SPLIT' });
    const after = await figures('the split', ({ positions }) => positions[0]?.qty === 200);
    expect(after).toMatchObject({ cash: -500, credited_total: 29_500 });
    expect((await audited()).map(({ event_type }) => event_type)).toEqual(['ADJUSTED', 'ADJUSTED']);
  },
  TEST_MS,
);

test(
  'a fill on a wrong partition blocks its account where its books are',
  async () => {
    await startEngine();
    const lost = fill('F1', 'ACC_1');
    await kafka.publish([
      {
        topic: TOPICS.fills.name,
        key: 'ACC_1',
        value: JSON.stringify(lost),
        partition: 1 - partitionOf('ACC_1', PARTITIONS),
      },
    ]);
    const blocked = await figures('the block', ({ blocked_by }) => blocked_by.length === 1);
    expect(blocked).toMatchObject({ status: 'INDETERMINATE', positions: [] });
    expect(blocked.blocked_by[0]).toMatchObject({ code: 'WRONG_KEY' });
  },
  TEST_MS,
);
