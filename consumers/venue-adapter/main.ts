import { randomUUID } from 'node:crypto';
import { toE4 } from '#contracts/wire.ts';
import { systemClock } from '#platform/clock.ts';
import { createProcessKafka } from '#platform/kafka/process-kafka.ts';
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
  start: async (context) => {
    const { environment, logger, metrics, fail } = context;
    const { kafka, watched, watch } = createProcessKafka(context);
    const { partitions } = environment;
    const leases = await createPublisher(watched, partitions);
    const ends = await createEndOffsets(kafka);
    const paper = loadPaperVenue();
    const venue = await startVenueAdapter(
      {
        process: `${NAME}-${randomUUID().slice(0, 8)}`,
        owner: createPartitionOwner(watched, { groupId: NAME, partitions, onFatal: fail }),
        priceReader: createLogReader(watched, { onFatal: fail }),
        controlReader: createLogReader(watched, { name: 'controls', onFatal: fail }),
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
