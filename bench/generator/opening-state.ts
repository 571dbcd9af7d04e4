import type { BlockEntry } from '#consumers/margin-engine/counted-ids.ts';
import {
  accountChangelog,
  countedChangelog,
  takeOverChangelog,
} from '#consumers/margin-engine/outputs.ts';
import { partitionOf } from '#platform/kafka/partition-of.ts';
import type { OutboundRecord } from '#ports/records.ts';
import { accountIdOf, openingAccount } from '../population.ts';
import type { GeneratorPlace } from './jobs.ts';

const CHUNK = 1_000;
/** As many ids as the engine counts in one transaction. */
const IDS_PER_BLOCK = 1_000;

/**
 * The changelog of an engine that has booked a deposit and a fill per position of every account,
 * written by the engine's own encoders: to load it by fills would measure the intake in each benchmark.
 */
export function* openingState(
  { plan, partitions }: GeneratorPlace,
  now: number,
): Generator<OutboundRecord[]> {
  const ids = Array.from({ length: partitions }, (): BlockEntry[] => []);
  let chunk: OutboundRecord[] = [];
  for (let partition = 0; partition < partitions; partition += 1) {
    chunk.push(takeOverChangelog(1, 0, partition));
  }
  for (let index = 0; index < plan.accounts; index += 1) {
    const accountId = accountIdOf(index);
    const partition = partitionOf(accountId, partitions);
    chunk.push(accountChangelog(openingAccount(plan, index), partition));
    const opened = { accountId, reverses: null };
    ids[partition]?.push({
      ...opened,
      id: `c:opening-${accountId}`,
      subject: '',
      qtyE4: 1,
      priceE4: 0,
    });
    for (let position = 0; position < plan.positions; position += 1) {
      ids[partition]?.push({
        ...opened,
        id: `f:opening-${accountId}-${String(position)}`,
        subject: 'OPENING',
        qtyE4: 1,
        priceE4: 1,
      });
    }
    if (chunk.length >= CHUNK) {
      yield chunk;
      chunk = [];
    }
  }
  yield chunk;
  for (const [partition, counted] of ids.entries()) {
    yield* countedBlocks(counted, partition, now);
  }
}

function* countedBlocks(
  ids: readonly BlockEntry[],
  partition: number,
  now: number,
): Generator<OutboundRecord[]> {
  for (let block = 0; block * IDS_PER_BLOCK < ids.length; block += 1) {
    const from = block * IDS_PER_BLOCK;
    yield [
      countedChangelog(
        { block, latestAt: now, entries: ids.slice(from, from + IDS_PER_BLOCK) },
        partition,
      ),
    ];
  }
}
