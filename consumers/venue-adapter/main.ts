import { systemClock } from '#platform/clock.ts';
import { createConsumerWatch } from '#platform/kafka/create-consumer-watch.ts';
import { createLogReader } from '#platform/kafka/log-reader.ts';
import { createPartitionOwner } from '#platform/kafka/partition-owner.ts';
import { loadPolicy } from '#platform/policies.ts';
import { runProcess } from '#platform/process.ts';
import { startVenueAdapter } from './venue-adapter.ts';
import { venueMetrics } from './venue-metrics.ts';

const NAME = 'venue-adapter';

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
    const venue = await startVenueAdapter(
      {
        owner: createPartitionOwner(surroundings, { groupId: NAME, partitions, onFatal: fail }),
        priceReader: createLogReader(surroundings, { onFatal: fail }),
      },
      {
        quoteAgeMaxMs: loadPolicy(environment.preset).quoteAgeMaxMs,
        clock: systemClock,
        logger,
        metrics: venueMetrics(metrics),
        onFatal: fail,
      },
    );
    return {
      ready: () => Promise.resolve(watch.ready()),
      stop: async () => {
        await Promise.all([venue.stop(), watch.stop()]);
      },
    };
  },
});
