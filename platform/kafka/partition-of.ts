import { Partitioners } from 'kafkajs';
import type { PartitionMetadata } from 'kafkajs';

const partitioner = Partitioners.DefaultPartitioner();
const metadataBySize = new Map<number, PartitionMetadata[]>();
/** kafkajs takes microseconds for a hash, and accounts come again and again: so many are remembered. */
const REMEMBERED_MAX = 200_000;
const remembered = new Map<string, number>();

/**
 * The partition number of a key among `partitions`: murmur2, as every Java client and kafkajs hash
 * it. Co-partitioning rests on it.
 */
export function partitionOf(key: string, partitions: number): number {
  const place = `${String(partitions)} ${key}`;
  const known = remembered.get(place);
  if (known !== undefined) return known;
  if (remembered.size >= REMEMBERED_MAX) remembered.clear();
  const partition = hashed(key, partitions);
  remembered.set(place, partition);
  return partition;
}

function hashed(key: string, partitions: number): number {
  let partitionMetadata = metadataBySize.get(partitions);
  if (partitionMetadata === undefined) {
    partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({
      partitionErrorCode: 0,
      partitionId,
      leader: 0,
      replicas: [],
      isr: [],
    }));
    metadataBySize.set(partitions, partitionMetadata);
  }
  return partitioner({ topic: '', partitionMetadata, message: { key, value: null } });
}
