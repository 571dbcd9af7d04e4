import { systemClock } from '#platform/clock.ts';
import { createLogReader } from '#platform/kafka/log-reader.ts';
import { createPartitionOwner } from '#platform/kafka/partition-owner.ts';
import { loadPolicy } from '#platform/policies.ts';
import { runProcess } from '#platform/process.ts';
import { startVenueAdapter } from './venue-adapter.ts';
import { venueMetrics } from './venue-metrics.ts';

const NAME = 'venue-adapter';

runProcess({
  name: NAME,
  start: ({ environment, logger, metrics, fail }) => {
    const surroundings = {
      brokers: environment.kafkaBrokers,
      topicPrefix: environment.topicPrefix,
      clientId: NAME,
      logger,
    };
    const { partitions } = environment;
    return startVenueAdapter(
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
  },
});
