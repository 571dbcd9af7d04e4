import { TOPICS } from '#contracts/topics.ts';
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
import { LivingLeases } from './living-leases.ts';
import { killSignallerMetrics } from './signaller-metrics.ts';
import { UnreadableWatch } from './unreadable-watch.ts';

const NAME = 'kill-signaller';
/** Partitions under way at once, of both topics. */
const PARTITIONS_CONCURRENT_MAX = 16;
/** The alerts of before are read within this time. */
const CAUGHT_UP_MS = 60_000;

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
    const living = new LivingLeases();
    const cancels = new CancelWatch({
      scopes,
      leases: living,
      partitions,
      partitionOf: (key) => partitionOf(key, partitions),
      clock: systemClock,
      logger,
    });
    const states = createLogReader(watched, { name: 'states', onFatal: fail });
    const leases = createLogReader(watched, { name: 'leases', from: 'END', onFatal: fail });
    const alerts = createLogReader(watched, { name: 'alerts', onFatal: fail });
    const unreadable = new UnreadableWatch({
      ...{ leases: living, publisher, clock: systemClock, logger },
    });
    await Promise.all([
      signaller.start(),
      states.start([TOPICS.controlState.name], (records) => {
        cancels.takeStates(records);
      }),
      leases.start([TOPICS.gateLeases.name], (records) => {
        for (const record of records) living.take(record);
      }),
      alerts.start([TOPICS.alerts.name], (records) => {
        unreadable.takeAlerts(records);
      }),
    ]);
    cancels.start();
    await alerts.caughtUp(CAUGHT_UP_MS);
    unreadable.start();
    return {
      ready: () => Promise.resolve(firstNotReady(watch.ready(), signaller.ready())),
      stop: async () => {
        await Promise.all([signaller.stop(), cancels.stop(), unreadable.stop()]);
        await Promise.all([states.stop(), leases.stop(), alerts.stop()]);
        await Promise.all([publisher.close(), temporal.close(), watch.stop()]);
      },
    };
  },
});
