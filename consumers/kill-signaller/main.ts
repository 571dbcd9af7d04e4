import { TOPICS } from '#contracts/topics.ts';
import type { InboundRecord } from '#ports/records.ts';
import { createLogReader } from '#platform/kafka/log-reader.ts';
import { systemClock } from '#platform/clock.ts';
import { createConsumerGroup } from '#platform/kafka/consumer-group.ts';
import { createProcessKafka } from '#platform/kafka/process-kafka.ts';
import { partitionOf } from '#platform/kafka/partition-of.ts';
import { createPublisher } from '#platform/kafka/publisher.ts';
import { runProcess } from '#platform/process.ts';
import { firstNotReady } from '#platform/readiness.ts';
import { connectTemporal } from '#platform/temporal/connection.ts';
import { createKillSwitches } from '#platform/temporal/kill-switches.ts';
import { CancelWatch } from './cancel-watch.ts';
import { KillSignaller } from './kill-signaller.ts';
import { killSignallerMetrics } from './signaller-metrics.ts';

const NAME = 'kill-signaller';
/** Partitions under way at once, of both topics. */
const PARTITIONS_CONCURRENT_MAX = 16;

runProcess({
  name: NAME,
  start: async (context) => {
    const { environment, logger, metrics, fail } = context;
    const { partitions, topicPrefix } = environment;
    const { temporalAddress: address, temporalNamespace: namespace } = environment;
    const { kafka, watched, watch } = createProcessKafka(context);
    const temporal = connectTemporal({ address, namespace, prefix: topicPrefix });
    const publisher = await createPublisher(kafka, partitions);
    const scopes = createKillSwitches(temporal.client, { prefix: topicPrefix });
    const signaller = new KillSignaller({
      group: createConsumerGroup(watched, {
        groupId: NAME,
        partitionsConcurrentMax: PARTITIONS_CONCURRENT_MAX,
        onFatal: fail,
      }),
      scopes,
      partitionOf: (key) => partitionOf(key, partitions),
      publisher,
      clock: systemClock,
      logger,
      metrics: killSignallerMetrics(metrics),
    });
    const cancels = new CancelWatch({
      scopes,
      partitions,
      partitionOf: (key) => partitionOf(key, partitions),
      clock: systemClock,
      logger,
    });
    const states = createLogReader(watched, { name: 'states', onFatal: fail });
    const leases = createLogReader(watched, { name: 'leases', from: 'END', onFatal: fail });
    const take = (records: readonly InboundRecord[]): void => {
      cancels.take(records);
    };
    await Promise.all([
      signaller.start(),
      states.start([TOPICS.controlState.name], take),
      leases.start([TOPICS.gateLeases.name], take),
    ]);
    cancels.start();
    return {
      ready: () => Promise.resolve(firstNotReady(watch.ready(), signaller.ready())),
      stop: async () => {
        await Promise.all([signaller.stop(), cancels.stop(), states.stop(), leases.stop()]);
        await Promise.all([publisher.close(), temporal.close(), watch.stop()]);
      },
    };
  },
});
