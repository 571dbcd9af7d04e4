import { randomUUID } from 'node:crypto';
import { toE4 } from '#contracts/wire.ts';
import { systemClock } from '#platform/clock.ts';
import { createConsumerWatch } from '#platform/kafka/create-consumer-watch.ts';
import { createEndOffsets, createLogReader } from '#platform/kafka/log-reader.ts';
import { partitionOf } from '#platform/kafka/partition-of.ts';
import { createPartitionOwner } from '#platform/kafka/partition-owner.ts';
import { createPublisher } from '#platform/kafka/publisher.ts';
import { loadPaperVenue } from '#platform/paper-venue.ts';
import { loadPolicy } from '#platform/policies.ts';
import { runProcess } from '#platform/process.ts';
import { firstNotReady } from '#platform/readiness.ts';
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
    const leases = await createPublisher(surroundings, partitions);
    const ends = await createEndOffsets(kafka);
    const paper = loadPaperVenue();
    const venue = await startVenueAdapter(
      {
        process: `${NAME}-${randomUUID().slice(0, 8)}`,
        owner: createPartitionOwner(surroundings, { groupId: NAME, partitions, onFatal: fail }),
        priceReader: createLogReader(surroundings, { onFatal: fail }),
        controlReader: createLogReader(surroundings, { name: 'controls', onFatal: fail }),
        partitionOf: (key) => partitionOf(key, partitions),
        ...{ ends, leases },
      },
      {
        paper: {
          fillDelayMs: paper.fill_delay_ms,
          fillQtyE4Max: paper.fill_qty_max === null ? null : toE4(paper.fill_qty_max),
        },
        quoteAgeMaxMs: loadPolicy(environment.preset).quoteAgeMaxMs,
        clock: systemClock,
        logger,
        metrics: venueMetrics(metrics),
        onFatal: fail,
      },
    );
    return {
      ready: () => Promise.resolve(firstNotReady(watch.ready(), venue.ready())),
      stop: async () => {
        await venue.stop();
        await Promise.all([leases.close(), ends.close(), watch.stop()]);
      },
    };
  },
});
