import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  jest,
  test,
} from '@jest/globals';
import { accountCaseId } from '#contracts/case-messages.ts';
import { TOPICS } from '#contracts/topics.ts';
import { CaseSignaller } from '#consumers/case-signaller/case-signaller.ts';
import { signallerMetrics } from '#consumers/case-signaller/signaller-metrics.ts';
import { partitionOf } from '#platform/kafka/partition-of.ts';
import { createPartitionOwner } from '#platform/kafka/partition-owner.ts';
import { createMetrics } from '#platform/metrics.ts';
import { loadPolicy } from '#platform/policies.ts';
import { createCases } from '#platform/temporal/cases.ts';
import type { TemporalConnection } from '#platform/temporal/connection.ts';
import { eventually, openKafka, testLogger } from './kafka-fixture.ts';
import type { KafkaFixture } from './kafka-fixture.ts';
import {
  calcRecord,
  committedPositions,
  executionRecord,
  openTemporal,
  testTemporalAddress,
  toldOf,
  Wire,
} from './signaller-fixture.ts';

const PARTITIONS = 2;
const WAIT_MS = 60_000;

// Other tests share the two cores and the servers.
jest.setTimeout(240_000);
const CASE_GONE = 'terminated by the test';

let server: TemporalConnection;
let wire: Wire;
let kafka: KafkaFixture;
let running: { stop(): Promise<void> } | null;
let defects: unknown[];

beforeAll(async () => {
  server = openTemporal('');
  wire = await Wire.to(testTemporalAddress());
});

afterAll(async () => {
  await wire.close();
  await server.close();
});

beforeEach(async () => {
  wire.mend();
  kafka = await openKafka('signaller', PARTITIONS);
  running = null;
  defects = [];
});

afterEach(async () => {
  await running?.stop();
  await kafka.close();
  expect(defects).toEqual([]);
});

async function startSignaller(
  options: { sweepIntervalMs?: number; settleMs?: number; signalsUnderWayMax?: number } = {},
): Promise<void> {
  const temporal = openTemporal(kafka.topicPrefix, wire.address);
  const signaller = new CaseSignaller({
    owner: createPartitionOwner(kafka.surroundings, {
      groupId: 'case-signaller',
      partitions: PARTITIONS,
      onFatal: (error) => {
        defects.push(error);
      },
    }),
    cases: createCases(temporal.client, { prefix: kafka.topicPrefix }),
    policy: loadPolicy('demo'),
    clock: { now: Date.now },
    logger: testLogger,
    metrics: signallerMetrics(createMetrics('case-signaller')),
    ...options,
  });
  await signaller.start();
  running = {
    stop: async () => {
      await signaller.stop();
      await temporal.close();
    },
  };
}

function told(accountId: string): Promise<string[]> {
  return toldOf(server.client, kafka.topicPrefix, accountId);
}

function toldAtLeast(accountId: string, count: number): Promise<string[]> {
  return eventually(`${String(count)} signals to ${accountId}`, WAIT_MS, async () => {
    const signals = await told(accountId);
    return signals.length >= count && signals;
  });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Over both partitions: the sum of the offsets that the group has committed. */
async function committed(topic: string): Promise<number> {
  const positions = await committedPositions(kafka.topicPrefix, topic);
  return positions.reduce((sum, position) => sum + position, 0);
}

describe('the case-signaller, on a real broker and a real Temporal server', () => {
  test('tells a case its edges and nothing else', async () => {
    await startSignaller();
    await kafka.publish([calcRecord('WELL', 1, 100_000), calcRecord('THIN', 1, 10_000)]);
    expect(await toldAtLeast('THIN', 1)).toEqual(['WARNING 1']);
    await kafka.publish([calcRecord('THIN', 2, 9_000), calcRecord('WELL', 2, 90_000)]);
    await pause(1_500);
    await kafka.publish([calcRecord('THIN', 3, -2_000)]);
    expect(await toldAtLeast('THIN', 2)).toEqual(['WARNING 1', 'MARGIN_CALL 3']);
    // A deficiency is told again when it moved by max($500, 10 %), old figures never.
    await kafka.publish([calcRecord('THIN', 4, -2_400), calcRecord('THIN', 2, 100_000)]);
    await pause(1_500);
    await kafka.publish([calcRecord('THIN', 5, -2_500)]);
    await toldAtLeast('THIN', 3);
    await kafka.publish([calcRecord('THIN', 6, 100_000)]);
    expect(await toldAtLeast('THIN', 4)).toEqual([
      'WARNING 1',
      'MARGIN_CALL 3',
      'MARGIN_CALL 5',
      'ACTIVE 6',
    ]);
    expect(await told('WELL')).toEqual([]);
  });

  test('tells a case how its account stands under stress, each time that this changes', async () => {
    await startSignaller();
    await kafka.publish([calcRecord('DEEP', 1, 100_000), calcRecord('DEEP', 2, 60_000)]);
    await pause(1_500);
    expect(await told('DEEP')).toEqual([]);
    // What a fall by 8 % costs is no longer covered; what is left is below 1 % of a million; it is above.
    await kafka.publish([calcRecord('DEEP', 3, 39_999)]);
    await toldAtLeast('DEEP', 1);
    await kafka.publish([calcRecord('DEEP', 4, 49_000)]);
    await toldAtLeast('DEEP', 2);
    await kafka.publish([calcRecord('DEEP', 5, 50_000)]);
    expect(await toldAtLeast('DEEP', 3)).toEqual(['WARNING 3', 'WARNING 4', 'ACTIVE 5']);
  });

  test('tells the last of many edges, at most one a second', async () => {
    await startSignaller();
    await kafka.publish([calcRecord('A', 1, -1_000)]);
    await toldAtLeast('A', 1);
    // In one batch: a slow machine would take longer than the second for one at a time.
    const sequences = Array.from({ length: 19 }, (_, index) => index + 2);
    await kafka.publish(sequences.map((sequence) => calcRecord('A', sequence, -1_000 * sequence)));
    expect(await toldAtLeast('A', 2)).toEqual(['MARGIN_CALL 1', 'MARGIN_CALL 20']);
  });

  test('tells every execution, in order, whatever the figures do', async () => {
    await startSignaller();
    const executions = Array.from({ length: 30 }, (_, n) => executionRecord('A', n));
    await kafka.publish([calcRecord('A', 1, -1_000), ...executions]);
    const signals = await toldAtLeast('A', 31);
    expect(signals.filter((signal) => signal.startsWith('X-'))).toEqual(
      executions.map((_, n) => `X-A-${String(n)}`),
    );
  });

  test('tells the largest deficiency first when many wait', async () => {
    // One partition is taken over, and told, as a whole.
    const accounts = Array.from({ length: 60 }, (_, n) => `A${String(n)}`)
      .filter((accountId) => partitionOf(accountId, PARTITIONS) === 0)
      .map((accountId, n) => ({ accountId, deficiency: 1_000 * (((n * 7) % 20) + 1) + n }));
    expect(accounts.length).toBeGreaterThan(10);
    await kafka.publish(
      accounts.map(({ accountId, deficiency }) => calcRecord(accountId, 1, -deficiency)),
    );
    await startSignaller({ signalsUnderWayMax: 1 });
    const started = await Promise.all(
      accounts.map(async ({ accountId, deficiency }) => {
        await toldAtLeast(accountId, 1);
        const id = accountCaseId(kafka.topicPrefix, accountId);
        const { startTime } = await server.client.workflow.getHandle(id).describe();
        return { deficiency, startTime: startTime.getTime() };
      }),
    );
    const inTime = started.sort((a, b) => a.startTime - b.startTime);
    const largestFirst = [...inTime].sort((a, b) => b.deficiency - a.deficiency);
    expect(inTime.map(({ deficiency }) => deficiency)).toEqual(
      largestFirst.map(({ deficiency }) => deficiency),
    );
  });

  test('heals a lost case: the sweep tells a new one where the figures stand', async () => {
    await startSignaller({ sweepIntervalMs: 500, settleMs: 500 });
    await kafka.publish([calcRecord('A', 1, -1_000)]);
    await toldAtLeast('A', 1);
    const lost = server.client.workflow.getHandle(accountCaseId(kafka.topicPrefix, 'A'));
    const { runId } = await lost.describe();
    await lost.terminate(CASE_GONE);
    const healed = await eventually('another run of the case', WAIT_MS, async () => {
      const description = await lost.describe();
      return description.runId !== runId && description.status.name === 'RUNNING';
    });
    expect(healed).toBe(true);
    expect((await told('A'))[0]).toBe('MARGIN_CALL 1');
  });

  test('after a restart tells an account that got into trouble meanwhile', async () => {
    await startSignaller();
    await kafka.publish([calcRecord('A', 1, 100_000)]);
    await eventually('what was read is committed', WAIT_MS, async () => {
      return (await committed(TOPICS.marginCalc.name)) === 1;
    });
    await running?.stop();
    await kafka.publish([calcRecord('A', 2, -1_000)]);
    await startSignaller();
    expect(await toldAtLeast('A', 1)).toEqual(['MARGIN_CALL 2']);
  });

  test('commits nothing that no case was told, loses nothing while Temporal is away, catches up', async () => {
    await startSignaller();
    await kafka.publish([calcRecord('A', 1, -1_000), executionRecord('A', 1)]);
    await toldAtLeast('A', 2);
    await eventually('both are committed', WAIT_MS, async () => {
      const positions = [TOPICS.marginCalc.name, TOPICS.executions.name].map(committed);
      return (await Promise.all(positions)).join() === '1,1';
    });

    wire.cut();
    const calc = Array.from({ length: 50 }, (_, n) => calcRecord(`B${String(n)}`, 1, -1_000 - n));
    await kafka.publish([...calc, executionRecord('A', 2), executionRecord('A', 3)]);
    await pause(4_000);
    expect(await committed(TOPICS.executions.name)).toBe(1);

    wire.mend();
    for (let n = 0; n < 50; n += 1) {
      expect((await toldAtLeast(`B${String(n)}`, 1))[0]).toBe('MARGIN_CALL 1');
    }
    // Besides them the case may be told its figures anew, by whoever takes the partition over.
    const executions = await eventually('the executions', WAIT_MS, async () => {
      const signals = (await told('A')).filter((signal) => signal.startsWith('X-'));
      return signals.length >= 3 && signals;
    });
    expect(executions).toEqual(['X-A-1', 'X-A-2', 'X-A-3']);
    await eventually('everything is committed', WAIT_MS, async () => {
      const positions = [TOPICS.marginCalc.name, TOPICS.executions.name].map(committed);
      return (await Promise.all(positions)).join() === '51,3';
    });
  });

  test('goes on after a record that nobody can read', async () => {
    await startSignaller();
    await kafka.publish([
      { topic: TOPICS.marginCalc.name, key: 'A', value: '{"account_id":"A"}' },
      { topic: TOPICS.executions.name, key: 'A', value: 'no json' },
      calcRecord('A', 1, -1_000),
    ]);
    expect(await toldAtLeast('A', 1)).toEqual(['MARGIN_CALL 1']);
  });
});
