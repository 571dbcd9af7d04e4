import { TOPICS } from '#contracts/topics.ts';
import type { InboundRecord } from '#ports/records.ts';
import { createLogReader } from '#platform/kafka/log-reader.ts';
import { systemClock } from '#platform/clock.ts';
import { createConsumerGroup } from '#platform/kafka/consumer-group.ts';
import { createConsumerWatch } from '#platform/kafka/create-consumer-watch.ts';
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
  start: async ({ environment, logger, metrics, fail }) => {
    const { partitions, topicPrefix, kafkaBrokers: brokers } = environment;
    const { temporalAddress: address, temporalNamespace: namespace } = environment;
    const kafka = { brokers, topicPrefix, clientId: NAME, logger };
    const watch = createConsumerWatch(kafka, metrics);
    const temporal = connectTemporal({ address, namespace, prefix: topicPrefix });
    const publisher = await createPublisher(kafka, partitions);
    const scopes = createKillSwitches(temporal.client, { prefix: topicPrefix });
    const signaller = new KillSignaller({
      group: createConsumerGroup(
        { ...kafka, watch },
        { groupId: NAME, partitionsConcurrentMax: PARTITIONS_CONCURRENT_MAX, onFatal: fail },
      ),
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
    const states = createLogReader({ ...kafka, watch }, { name: 'states', onFatal: fail });
    const leases = createLogReader(
      { ...kafka, watch },
      { name: 'leases', from: 'END', onFatal: fail },
    );
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
