import { TOPICS } from '#contracts/topics.ts';
import { createConsumerWatch } from '#platform/kafka/create-consumer-watch.ts';
import { createPartitionOwner } from '#platform/kafka/partition-owner.ts';
import { runProcess } from '#platform/process.ts';
import { projectorMetrics } from './projector-metrics.ts';
import { takeOverProjectorPartition } from './projector-partition.ts';

const NAME = 'control-projector';

runProcess({
  name: NAME,
  start: async ({ environment, logger, metrics, fail }) => {
    const { partitions, topicPrefix, kafkaBrokers: brokers } = environment;
    const kafka = { brokers, topicPrefix, clientId: NAME, logger };
    const watch = createConsumerWatch(kafka, metrics);
    const owner = createPartitionOwner(
      { ...kafka, watch },
      { groupId: NAME, partitions, onFatal: fail },
    );
    const parts = { logger, metrics: projectorMetrics(metrics) };
    await owner.run([TOPICS.controlEvents.name], (_partition, writer) =>
      takeOverProjectorPartition(writer, parts),
    );
    return {
      ready: () => Promise.resolve(watch.ready()),
      stop: async () => {
        await owner.stop();
        await watch.stop();
      },
    };
  },
});
