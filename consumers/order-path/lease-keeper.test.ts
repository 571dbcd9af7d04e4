import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { gateLeaseSchema } from '#contracts/gate-leases.ts';
import type { GateLeaseRecord } from '#contracts/gate-leases.ts';
import type { UnreadableControl } from '#domain/controls/applied-controls.ts';
import { testLogger } from '#test/kafka-fixture.ts';
import { LeaseKeeper } from './lease-keeper.ts';

const COMMANDS = 'killswitch.commands.v1';
const STATES = 'killswitch.state.v1';

/** Positions of the commands in each word that was spoken. */
let spoken: number[];
let position: number;
let unreadable: UnreadableControl[];
/** What the last word says of controls that cannot be read. */
let stopped: GateLeaseRecord['unreadable'];
let drained: Promise<void>;
let keeper: LeaseKeeper;

beforeEach(() => {
  spoken = [];
  position = 0;
  unreadable = [];
  stopped = [];
  drained = Promise.resolve();
  keeper = new LeaseKeeper({
    ...{ process: 'order-gate-1', kind: 'GATE', validMs: 0, logger: testLogger },
    publisher: {
      publish: (records) => {
        for (const { value } of records) {
          const lease = gateLeaseSchema.parse(JSON.parse(String(value)));
          spoken.push(lease.applied[COMMANDS][0] ?? -1);
          stopped = lease.unreadable;
        }
        return Promise.resolve([]);
      },
    },
    controls: {
      provedAt: 0,
      applied: () => ({ [COMMANDS]: [position], [STATES]: [0] }),
      unreadable: () => unreadable,
    },
    ownedPartitions: () => [0],
    cancelsPending: () => [],
    drained: () => drained,
    // No heartbeat is due before the test is over.
    clock: { now: () => 0 },
  });
});

afterEach(() => keeper.stop());

/** Everything that is under way and waits for nothing but its turn. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

test('a control that cannot be read is named, while it stops its scope', async () => {
  const place = { topic: STATES, partition: 1, offset: 7 };
  unreadable = [{ scope: { kind: 'SYMBOL', id: 'NVDA' }, ...place, at: 5 }];
  position = 1;
  keeper.acknowledge();
  await settled();
  expect(stopped).toEqual([{ scope: 'SYMBOL:NVDA', ...place, since: 5 }]);
  unreadable = [];
  position = 2;
  keeper.acknowledge();
  await settled();
  expect(stopped).toEqual([]);
});

describe('a control that is applied', () => {
  test('is said at once, and no word before it is', async () => {
    position = 1;
    keeper.acknowledge();
    await settled();
    expect(spoken).toEqual([1]);
  });

  test('is not said before what was decided earlier has come through; then what came meanwhile follows', async () => {
    let comeThrough = (): void => undefined;
    drained = new Promise((resolve) => {
      comeThrough = resolve;
    });
    position = 1;
    keeper.acknowledge();
    position = 2;
    keeper.acknowledge();
    await settled();
    expect(spoken).toEqual([]);
    comeThrough();
    await settled();
    expect(spoken).toEqual([1, 2]);
  });

  test('is said once: what is known already is no news', async () => {
    position = 1;
    keeper.acknowledge();
    await settled();
    keeper.acknowledge();
    await settled();
    expect(spoken).toEqual([1]);
  });
});
