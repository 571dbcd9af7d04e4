import { randomUUID } from 'node:crypto';
import { decodeGatePolicy } from '#contracts/gate-policy.ts';
import { systemClock } from '#platform/clock.ts';
import { loadGatePolicy } from '#platform/gate-policy.ts';
import { createConsumerWatch } from '#platform/kafka/create-consumer-watch.ts';
import { createEndOffsets, createLogReader } from '#platform/kafka/log-reader.ts';
import { partitionOf } from '#platform/kafka/partition-of.ts';
import { createPartitionGroup } from '#platform/kafka/partition-group.ts';
import { createPublisher } from '#platform/kafka/publisher.ts';
import { loadPolicy } from '#platform/policies.ts';
import { runProcess } from '#platform/process.ts';
import { firstNotReady } from '#platform/readiness.ts';
import { OrderGate } from './order-gate.ts';

const NAME = 'order-gate';

runProcess({
  name: NAME,
  start: async ({ environment, logger, metrics, fail }) => {
    const kafka = {
      brokers: environment.kafkaBrokers,
      topicPrefix: environment.topicPrefix,
      clientId: NAME,
      logger,
    };
    const watch = createConsumerWatch(kafka, metrics);
    const surroundings = { ...kafka, watch };
    const { partitions } = environment;
    const policy = loadGatePolicy();
    // Each on its own connection: what follows from decisions must not hold up the next ones.
    const publishers = await Promise.all(
      [1, 2, 3].map(() => createPublisher(surroundings, partitions)),
    );
    const [gated, evidence, leases] = publishers;
    if (gated === undefined || evidence === undefined || leases === undefined) {
      throw new Error('three publishers were asked for');
    }
    const ends = await createEndOffsets(kafka);
    const gate = new OrderGate({
      process: `${NAME}-${randomUUID().slice(0, 8)}`,
      group: createPartitionGroup(surroundings, { groupId: NAME, partitions, onFatal: fail }),
      priceReader: createLogReader(surroundings, { name: 'prices', onFatal: fail }),
      pulseReader: createLogReader(surroundings, { name: 'pulse', from: 'END', onFatal: fail }),
      controlReader: createLogReader(surroundings, { name: 'controls', onFatal: fail }),
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
