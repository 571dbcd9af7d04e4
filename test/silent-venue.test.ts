import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { ControlDesk } from '#api/control-desk.ts';
import { ControlsRead } from '#api/controls-read.ts';
import { controlCommandSchema } from '#contracts/control-commands.ts';
import { TOPICS } from '#contracts/topics.ts';
import { createLogReader } from '#platform/kafka/log-reader.ts';
import { partitionOf } from '#platform/kafka/partition-of.ts';
import { createWriterFence } from '#platform/kafka/writer-fence.ts';
import type { WriterFence } from '#ports/writer-fence.ts';
import { eventually, openKafka } from './kafka-fixture.ts';
import type { KafkaFixture } from './kafka-fixture.ts';
import { leaseRecord } from './lease-fixture.ts';
import {
  finished,
  heldBeforeCommit,
  liquidation,
  ownPartitions,
  passed,
  pausable,
  sendPrice,
  startVenue,
  WAIT_MS,
} from './order-path-fixture.ts';

/** A venue adapter that is cut off between its last look at a fill and the commit, and a kill meanwhile. */

const PARTITIONS = 2;
const KILL = controlCommandSchema.parse({
  ...{ cmd_id: 'C1', ts: 1, scope: 'GLOBAL', action: 'KILL', mode: 'BLOCK' },
  ...{ reason: 'runaway', triggered_by: 'ann' },
});

jest.setTimeout(180_000);

let kafka: KafkaFixture;
let defects: unknown[];
let closing: (() => Promise<unknown>)[];

beforeEach(async () => {
  defects = [];
  closing = [];
  kafka = await openKafka('silent', PARTITIONS);
  await ownPartitions(kafka);
  await sendPrice(kafka, 'NVDA', 400);
});

afterEach(async () => {
  for (const close of closing.reverse()) await close();
  await kafka.close();
  expect(defects).toEqual([]);
});

async function openDesk(changes: Partial<WriterFence> = {}): Promise<ControlDesk> {
  const onFatal = (error: unknown): void => {
    defects.push(error);
  };
  const leases = createLogReader(kafka.surroundings, { name: 'leases', onFatal });
  const book = new ControlsRead(leases, leases, (scope) => partitionOf(scope, PARTITIONS));
  await leases.start([TOPICS.gateLeases.name], (records) => {
    book.takeLeases(records);
  });
  closing.push(() => leases.stop());
  return new ControlDesk({
    ...{ book, publisher: kafka, partitions: PARTITIONS, clock: { now: Date.now } },
    venues: { ...createWriterFence(kafka.surroundings, 'venue-adapter'), ...changes },
    effectMsMax: 5_000,
  });
}

/** An order whose fill is written and looked at, by a venue adapter that says no more. */
async function cutOffBeforeTheCommit() {
  const held = heldBeforeCommit();
  const leases = pausable();
  const venue = await startVenue(kafka, defects, { owner: held.wrap, leases: leases.wrap });
  closing.push(() => venue.stop());
  const sale = liquidation();
  held.hold(partitionOf(sale.account_id, PARTITIONS), 'COMMIT');
  const value = JSON.stringify(passed(sale));
  await kafka.publish([{ topic: TOPICS.gatedOrders.name, key: sale.account_id, value }]);
  await eventually('a fill after the look', WAIT_MS, () => Promise.resolve(held.heldCount() > 0));
  leases.pause();
  const goOn = async (): Promise<void> => {
    held.letGo();
    await leases.resume();
  };
  return { orderId: sale.order_id, goOn };
}

describe('a venue adapter that falls silent between its last look and the commit', () => {
  test('is fenced before the kill is told to be effective: the fill never becomes visible', async () => {
    const desk = await openDesk();
    const { orderId, goOn } = await cutOffBeforeTheCommit();
    const begunAt = Date.now();
    const effect = await desk.effectOf(await desk.write(KILL), begunAt);
    expect(effect).toMatchObject({ effect: 'EFFECTIVE', leases: 1, applied: 0, waiting_for: [] });
    expect(effect.lapsed).toHaveLength(1);
    await goOn();
    expect(await finished(kafka, orderId)).toMatchObject({ status: 'CANCELLED', cum_qty: 0 });
    expect(await kafka.readAll(TOPICS.fills.name)).toEqual([]);
  });

  test('that cannot be fenced is waited for', async () => {
    const desk = await openDesk({ fence: () => Promise.reject(new Error('no broker')) });
    const { goOn } = await cutOffBeforeTheCommit();
    const effect = await desk.effectOf(await desk.write(KILL), Date.now());
    expect(effect.effect).toBe('NOT_YET');
    expect(effect.waiting_for).toHaveLength(1);
    await goOn();
  });
});

describe('a venue adapter that dies beside one that is well', () => {
  test('has nothing fenced that the other owns: that one trades on', async () => {
    const fenced: number[] = [];
    const fence: WriterFence['fence'] = (partitions) => {
      fenced.push(...partitions);
      return Promise.resolve();
    };
    const desk = await openDesk({ fence });
    const well = await startVenue(kafka, defects);
    closing.push(() => well.stop());
    const unread = Array.from({ length: PARTITIONS }, () => 0);
    await kafka.publish([leaseRecord('dead-venue', unread, { kind: 'VENUE' })]);
    const effect = await desk.effectOf(await desk.write(KILL), Date.now());
    expect(effect).toMatchObject({ effect: 'EFFECTIVE', leases: 2, lapsed: ['dead-venue'] });
    expect(fenced).toEqual([]);
  });
});
