import { decodeMonitorPolicy } from '#contracts/order-monitor-policy.ts';
import { WINDOWS } from '#domain/monitor/order-monitor.ts';
import { systemClock } from '#platform/clock.ts';
import { createProcessKafka } from '#platform/kafka/process-kafka.ts';
import { createLogReader } from '#platform/kafka/log-reader.ts';
import { createPartitionOwner } from '#platform/kafka/partition-owner.ts';
import { loadMonitorPolicy } from '#platform/monitor-policy.ts';
import { runProcess } from '#platform/process.ts';
import { monitorMetrics } from './monitor-metrics.ts';
import { startOrderMonitor } from './order-monitor.ts';

const NAME = 'order-monitor';
/** What began within the widest window has begun in a window that was whole. */
const READ_MS = 2 * WINDOWS['15m'];

runProcess({
  name: NAME,
  start: async (context) => {
    const { environment, logger, metrics, fail } = context;
    const { watched, watch } = createProcessKafka(context);
    const { partitions } = environment;
    const monitor = await startOrderMonitor(
      {
        owner: createPartitionOwner(watched, { groupId: NAME, partitions, onFatal: fail }),
        createReader: (name) =>
          createLogReader(watched, {
            name,
            from: { sinceMs: systemClock.now() - READ_MS },
            onFatal: fail,
          }),
      },
      {
        ...decodeMonitorPolicy(loadMonitorPolicy()),
        clock: systemClock,
        logger,
        metrics: monitorMetrics(metrics),
        onFatal: fail,
      },
    );
    return {
      ready: () => Promise.resolve(watch.ready()),
      stop: async () => {
        await monitor.stop();
        await watch.stop();
      },
    };
  },
});
