import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { fillSchema } from '#contracts/ingest.ts';
import { heartbeatSchema, marginCalcSchema } from '#contracts/margin-figures.ts';
import type { HeartbeatRecord } from '#contracts/margin-figures.ts';
import { TOPICS } from '#contracts/topics.ts';
import type { InboundRecord } from '#ports/records.ts';
import { fill, sendFills, sendPrices, startEngine } from './engine-fixture.ts';
import type { TestEngine } from './engine-fixture.ts';
import { eventually, openKafka } from './kafka-fixture.ts';
import type { KafkaFixture } from './kafka-fixture.ts';

/** What an engine says of its progress while more fills come than it can tell at once. */

const WAIT_MS = 60_000;
const TEST_MS = 180_000;
/** More than are told at once: their figures wait for a flush. */
const ACCOUNTS = Array.from({ length: 150 }, (_, n) => `ACC_${String(n)}`);
/** A transaction takes so long that the next batch has always come meanwhile. */
const TRANSACTION_MS = 50;
const RISES = 3;

let kafka: KafkaFixture;
let engine: TestEngine | null;
let defects: unknown[];

beforeEach(async () => {
  kafka = await openKafka('backlog', 1);
  engine = null;
  defects = [];
});

afterEach(async () => {
  await engine?.stop();
  await kafka.close();
  expect(defects).toEqual([]);
}, TEST_MS);

test(
  'while fills never end it is heard to apply them, and its figures hold what it says',
  async () => {
    await sendPrices(kafka, { symbol: 'NVDA', price: 400, timestamp: Date.now() });
    engine = await startEngine(
      kafka,
      defects,
      () => new Promise((resolve) => setTimeout(resolve, TRANSACTION_MS)),
    );
    const heard = await kafka.follow(TOPICS.heartbeats.name);
    const storm = blowUntil(async () => {
      await eventually('fills applied in a storm', WAIT_MS, () =>
        Promise.resolve(stepsOf(heard.records).length > RISES),
      );
    });
    await storm.finally(() => heard.stop());

    const fills = await kafka.readAll(TOPICS.fills.name);
    const figures = await kafka.readAll(TOPICS.marginCalc.name);
    for (const heartbeat of stepsOf(heard.records)) {
      const applied = fills.filter(({ offset }) => offset < heartbeat.applied_offsets['fills.v1']);
      const told = figures.filter(({ offset }) => offset < heartbeat.calc_position);
      expect(lacking(applied, told)).toEqual([]);
    }
  },
  TEST_MS,
);

/** Buys one share for each account, again and again, until `over` resolves. */
async function blowUntil(over: () => Promise<void>): Promise<void> {
  const calm = new AbortController();
  const ended = over().finally(() => {
    calm.abort();
  });
  for (let round = 0; !calm.signal.aborted; round += 1) {
    const bought = ACCOUNTS.map((account) =>
      fill(`F${String(round)}-${account}`, account, { qty: 1 }),
    );
    await sendFills(kafka, ...bought);
  }
  await ended;
}

/** The heartbeats that say more of the fills than the one before. */
function stepsOf(records: readonly InboundRecord[]): HeartbeatRecord[] {
  let last = -1;
  return records.flatMap(({ value }) => {
    const heartbeat = heartbeatSchema.parse(JSON.parse(String(value)));
    if (heartbeat.applied_offsets['fills.v1'] <= last) return [];
    last = heartbeat.applied_offsets['fills.v1'];
    return [heartbeat];
  });
}

/** Each account that has fewer shares in the figures than it bought. */
function lacking(fills: readonly InboundRecord[], figures: readonly InboundRecord[]): string[] {
  const shares = new Map<string, number>();
  for (const { value } of figures) {
    const { account_id, positions } = marginCalcSchema.parse(JSON.parse(String(value)));
    shares.set(account_id, positions[0]?.qty ?? 0);
  }
  const due = new Map<string, number>();
  for (const { value } of fills) {
    const { account_id, qty } = fillSchema.parse(JSON.parse(String(value)));
    due.set(account_id, (due.get(account_id) ?? 0) + qty);
  }
  return ACCOUNTS.filter((account) => (shares.get(account) ?? 0) < (due.get(account) ?? 0));
}
