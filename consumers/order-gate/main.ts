import { randomUUID } from 'node:crypto';
import { decodeGatePolicy } from '#contracts/gate-policy.ts';
import { systemClock } from '#platform/clock.ts';
import { loadGatePolicy } from '#platform/gate-policy.ts';
import { createProcessKafka } from '#platform/kafka/process-kafka.ts';
import { createEndOffsets, createLogReader } from '#platform/kafka/log-reader.ts';
import { partitionOf } from '#platform/kafka/partition-of.ts';
import { createPartitionGroup } from '#platform/kafka/partition-group.ts';
import { createPublisher } from '#platform/kafka/publisher.ts';
import { loadPolicy } from '#platform/policies.ts';
import { runProcess } from '#platform/process.ts';
import { firstNotReady } from '#platform/readiness.ts';
import { OrderGate } from './order-gate.ts';

const NAME = 'order-gate';
/** A heartbeat of the engine counts for seconds. */
const PULSE_PAUSE_MS = 250;

runProcess({
  name: NAME,
  start: async (context) => {
    const { environment, logger, metrics, fail } = context;
    const { kafka, watched, watch } = createProcessKafka(context);
    const { partitions } = environment;
    const policy = loadGatePolicy();
    // Each on its own connection: what follows from decisions must not hold up the next ones.
    const publishers = await Promise.all([1, 2, 3].map(() => createPublisher(watched, partitions)));
    const [gated, evidence, leases] = publishers;
    if (gated === undefined || evidence === undefined || leases === undefined) {
      throw new Error('three publishers were asked for');
    }
    const ends = await createEndOffsets(kafka);
    const gate = new OrderGate({
      process: `${NAME}-${randomUUID().slice(0, 8)}`,
      group: createPartitionGroup(watched, { groupId: NAME, partitions, onFatal: fail }),
      priceReader: createLogReader(watched, { name: 'prices', onFatal: fail }),
      pulseReader: createLogReader(watched, {
        name: 'pulse',
        from: 'END',
        fetchPauseMs: PULSE_PAUSE_MS,
        onFatal: fail,
      }),
      controlReader: createLogReader(watched, { name: 'controls', onFatal: fail }),
      partitionOf: (key) => partitionOf(key, partitions),
      ...{ ends, gated, evidence, leases, partitions, logger, metrics },
      policy: decodeGatePolicy(policy, loadPolicy(environment.preset)),
      policyVersion: policy.version,
      clock: systemClock,
    });
    await gate.start();
    return {
      ready: () => Promise.resolve(firstNotReady(watch.ready(), gate.ready())),
      stop: async () => {
        await gate.stop();
        await Promise.all([...publishers.map((one) => one.close()), ends.close(), watch.stop()]);
      },
    };
  },
});
