/**
 * The load generator: a process of its own, so that it shares no event loop with what is measured.
 * Its first argument says where (jobs.ts); jobs come over the channel to its parent, and it ends
 * with that.
 */
import { createLogger } from '#platform/logging.ts';
import { createPublisher } from '#platform/kafka/publisher.ts';
import { loadPolicy } from '#platform/policies.ts';
import { placeSchema, requestSchema } from './jobs.ts';
import type { Job, JobResult } from './jobs.ts';
import { Load } from './load.ts';

const place = placeSchema.parse(JSON.parse(process.argv[2] ?? ''));
const surroundings = {
  brokers: place.brokers,
  topicPrefix: place.topicPrefix,
  clientId: 'bench-generator',
  logger: createLogger('bench-generator', 'error'),
};
const publisher = await createPublisher(surroundings, place.partitions);
const load = new Load(place, surroundings, publisher, loadPolicy('house'));

process.on('message', (message) => {
  const { id, job } = requestSchema.parse(message);
  run(job).then(
    (result) => process.send?.({ id, result }),
    (error: unknown) => process.send?.({ id, error: String(error) }),
  );
});
process.on('disconnect', () => process.exit(0));

async function run(job: Job): Promise<JobResult> {
  switch (job.kind) {
    case 'SEED':
      return load.seed();
    case 'FLOOD':
      return load.flood(job);
    case 'FILLS':
      return load.fills(job);
    case 'ORDERS':
      return load.orders(job);
    case 'TICKS':
      return load.ticks(job);
    case 'WITHDRAWALS':
      return load.withdrawals(job);
    case 'REQUOTE':
      return load.requote();
  }
}
