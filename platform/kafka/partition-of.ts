import { Partitioners } from 'kafkajs';
import type { PartitionMetadata } from 'kafkajs';

const partitioner = Partitioners.DefaultPartitioner();
const metadataBySize = new Map<number, PartitionMetadata[]>();
/** kafkajs takes microseconds for a hash, and accounts come again and again: so many are remembered. */
const REMEMBERED_MAX = 200_000;
/** By the number of partitions, then by key: a key made of both would take longer than the looking up. */
const remembered = new Map<number, Map<string, number>>();

/**
 * The partition number of a key among `partitions`: murmur2, as every Java client and kafkajs hash
 * it. Co-partitioning rests on it.
 */
export function partitionOf(key: string, partitions: number): number {
  const known = rememberedAmong(partitions);
  const partition = known.get(key);
  if (partition !== undefined) return partition;
  if (known.size >= REMEMBERED_MAX) known.clear();
  const computed = hashed(key, partitions);
  known.set(key, computed);
  return computed;
}

function rememberedAmong(partitions: number): Map<string, number> {
  let known = remembered.get(partitions);
  if (known === undefined) {
    known = new Map();
    remembered.set(partitions, known);
  }
  return known;
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
