import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { gateLeaseSchema } from '#contracts/gate-leases.ts';
import { TOPICS } from '#contracts/topics.ts';
import { partitionOf } from '#platform/kafka/partition-of.ts';
import type { InboundRecord } from '#ports/records.ts';
import { eventually, openKafka } from './kafka-fixture.ts';
import type { KafkaFixture } from './kafka-fixture.ts';
import {
  finished,
  heldBeforeCommit,
  liquidation,
  ownPartitions,
  passed,
  sendCommand,
  sendPrice,
  startVenue,
  WAIT_MS,
} from './order-path-fixture.ts';

/** When a venue adapter says that it has applied a kill that meets a fill on its way out (DESIGN 20, 21). */

const PARTITIONS = 2;
const SCOPE = 'GLOBAL';
/** So many heartbeats later it would have said so. */
const WORDS = 5;

jest.setTimeout(180_000);

let kafka: KafkaFixture;
let defects: unknown[];
let closing: (() => Promise<unknown>)[];
let words: readonly InboundRecord[];

beforeEach(async () => {
  defects = [];
  closing = [];
  kafka = await openKafka('acknowledges', PARTITIONS);
  await ownPartitions(kafka);
  await sendPrice(kafka, 'NVDA', 400);
  const leases = await kafka.follow(TOPICS.gateLeases.name);
  closing.push(() => leases.stop());
  words = leases.records;
});

afterEach(async () => {
  for (const close of closing.reverse()) await close();
  await kafka.close();
  expect(defects).toEqual([]);
});

/** A fill that waits before or after its last look, and a kill that was written meanwhile. */
async function killMeetsFill(at: 'LOOK' | 'COMMIT') {
  const held = heldBeforeCommit();
  const venue = await startVenue(kafka, defects, { owner: held.wrap });
  closing.push(() => venue.stop());
  const sale = liquidation();
  held.hold(partitionOf(sale.account_id, PARTITIONS), at);
  closing.push(() => {
    held.letGo();
    return Promise.resolve();
  });
  const value = JSON.stringify(passed(sale));
  await kafka.publish([{ topic: TOPICS.gatedOrders.name, key: sale.account_id, value }]);
  await eventually('a fill on its way', WAIT_MS, () => Promise.resolve(held.heldCount() > 0));
  const offset = await sendCommand(kafka, { scope: SCOPE, action: 'KILL' });
  const before = words.length;
  return { held, orderId: sale.order_id, offset, spoken: () => words.length - before };
}

/** Has the venue adapter said that it has applied the kill? */
function hasAcknowledged(offset: number): boolean {
  const last = words.at(-1);
  if (last === undefined) return false;
  const { applied } = gateLeaseSchema.parse(JSON.parse(String(last.value)));
  return (applied['killswitch.commands.v1'][partitionOf(SCOPE, PARTITIONS)] ?? 0) > offset;
}

describe('a kill that meets a fill on its way out', () => {
  test('is acknowledged while the fill has its last look before it, which stops it', async () => {
    const { held, orderId, offset } = await killMeetsFill('LOOK');
    await eventually('the acknowledgement', WAIT_MS, () =>
      Promise.resolve(hasAcknowledged(offset)),
    );
    held.letGo();
    expect(await finished(kafka, orderId)).toMatchObject({ status: 'CANCELLED', cum_qty: 0 });
    expect(await kafka.readAll(TOPICS.fills.name)).toEqual([]);
  });

  test('waits for a fill that has had its last look: it is written before the acknowledgement', async () => {
    const { held, orderId, offset, spoken } = await killMeetsFill('COMMIT');
    await eventually('more of its words', WAIT_MS, () => Promise.resolve(spoken() > WORDS));
    expect(hasAcknowledged(offset)).toBe(false);
    held.letGo();
    await eventually('the acknowledgement', WAIT_MS, () =>
      Promise.resolve(hasAcknowledged(offset)),
    );
    expect(await finished(kafka, orderId)).toMatchObject({ status: 'FILLED' });
  });
});
