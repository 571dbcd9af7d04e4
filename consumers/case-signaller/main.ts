import { systemClock } from '#platform/clock.ts';
import { createProcessKafka } from '#platform/kafka/process-kafka.ts';
import { createPartitionOwner } from '#platform/kafka/partition-owner.ts';
import { loadPolicy } from '#platform/policies.ts';
import { runProcess } from '#platform/process.ts';
import { firstNotReady } from '#platform/readiness.ts';
import { createCases } from '#platform/temporal/cases.ts';
import { connectTemporal } from '#platform/temporal/connection.ts';
import { CaseSignaller } from './case-signaller.ts';
import { signallerMetrics } from './signaller-metrics.ts';

const NAME = 'case-signaller';

runProcess({
  name: NAME,
  start: async (context) => {
    const { environment, logger, metrics, fail } = context;
    const { partitions, topicPrefix } = environment;
    const { watched, watch } = createProcessKafka(context);
    const temporal = connectTemporal({
      address: environment.temporalAddress,
      namespace: environment.temporalNamespace,
      prefix: topicPrefix,
    });
    const signaller = new CaseSignaller({
      owner: createPartitionOwner(watched, { groupId: NAME, partitions, onFatal: fail }),
      cases: createCases(temporal.client, { prefix: topicPrefix }),
      policy: loadPolicy(environment.preset),
      clock: systemClock,
      logger,
      metrics: signallerMetrics(metrics),
    });
    await signaller.start();
    return {
      ready: () => Promise.resolve(firstNotReady(watch.ready(), signaller.ready())),
      stop: async () => {
        await signaller.stop();
        await Promise.all([temporal.close(), watch.stop()]);
      },
    };
  },
});
