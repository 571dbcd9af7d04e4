import { marketHours } from '#domain/market-hours.ts';
import { systemClock } from '#platform/clock.ts';
import { createProcessKafka } from '#platform/kafka/process-kafka.ts';
import { createLogReader } from '#platform/kafka/log-reader.ts';
import { partitionOf } from '#platform/kafka/partition-of.ts';
import { createPartitionOwner } from '#platform/kafka/partition-owner.ts';
import { createPublisher } from '#platform/kafka/publisher.ts';
import { loadPolicy } from '#platform/policies.ts';
import { runProcess } from '#platform/process.ts';
import { firstNotReady } from '#platform/readiness.ts';
import { MarginEngine } from './engine.ts';

const NAME = 'margin-engine';

runProcess({
  name: NAME,
  start: async (context) => {
    const { environment, logger, metrics, fail } = context;
    const { kafka, watched, watch } = createProcessKafka(context);
    const { partitions } = environment;
    const policy = loadPolicy(environment.preset);
    const publisher = await createPublisher(watched, partitions);
    const engine = new MarginEngine({
      owner: createPartitionOwner(watched, { groupId: NAME, partitions, onFatal: fail }),
      // Not watched: it reads once and stops, and would be missed in its group from then on.
      marksReader: createLogReader(kafka, { name: 'marks', onFatal: fail }),
      marketReader: createLogReader(watched, { name: 'market', onFatal: fail }),
      isOpen: marketHours(policy),
      publisher,
      partitionOf: (key) => partitionOf(key, partitions),
      policy,
      clock: systemClock,
      logger,
      metrics,
      onFatal: fail,
    });
    await engine.start();
    return {
      ready: () => Promise.resolve(firstNotReady(watch.ready(), engine.ready())),
      stop: async () => {
        await engine.stop();
        await Promise.all([publisher.close(), watch.stop()]);
      },
    };
  },
});
