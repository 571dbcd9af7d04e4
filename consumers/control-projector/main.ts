import { TOPICS } from '#contracts/topics.ts';
import { createProcessKafka } from '#platform/kafka/process-kafka.ts';
import { createPartitionOwner } from '#platform/kafka/partition-owner.ts';
import { runProcess } from '#platform/process.ts';
import { projectorMetrics } from './projector-metrics.ts';
import { takeOverProjectorPartition } from './projector-partition.ts';

const NAME = 'control-projector';

runProcess({
  name: NAME,
  start: async (context) => {
    const { environment, logger, metrics, fail } = context;
    const { partitions } = environment;
    const { watched, watch } = createProcessKafka(context);
    const owner = createPartitionOwner(watched, { groupId: NAME, partitions, onFatal: fail });
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
