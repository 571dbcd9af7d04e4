import { CompressionTypes } from 'kafkajs';
import type { Message, Producer } from 'kafkajs';
import type { OutboundRecord, RecordPosition } from '#ports/records.ts';
import { partitionOf } from './partition-of.ts';
import { slices } from './slices.ts';
import type { PlacedRecord } from './slices.ts';

/** What a Kafka sender looks like: a producer or a transaction. */
export type Sender = Pick<Producer, 'sendBatch'>;

/**
 * Sends records, in order, in slices that a broker takes, and returns where each came to lie.
 * kafkajs does not split a send; a backlog would fail with MESSAGE_TOO_LARGE (PLATFORM, kafkajs 3).
 */
export async function sendAll(
  sender: Sender,
  records: readonly OutboundRecord[],
  topicPrefix: string,
  partitions: number,
): Promise<RecordPosition[]> {
  const placed = records.map((record) => ({
    record,
    partition: record.partition ?? partitionOf(record.key, partitions),
  }));
  const positions: RecordPosition[] = [];
  for (const slice of slices(placed)) {
    const acknowledged = await sender.sendBatch({
      acks: -1,
      compression: CompressionTypes.None,
      topicMessages: byTopic(slice, topicPrefix),
    });
    const next = new Map<string, number>();
    for (const { topicName, partition, baseOffset } of acknowledged) {
      next.set(`${topicName}/${partition}`, Number(baseOffset));
    }
    for (const { record, partition } of slice) {
      const lane = `${topicPrefix}${record.topic}/${partition}`;
      const offset = next.get(lane);
      if (offset === undefined) throw new Error(`the broker did not say where ${lane} was written`);
      next.set(lane, offset + 1);
      positions.push({ topic: record.topic, partition, offset });
    }
  }
  return positions;
}

function byTopic(
  slice: readonly PlacedRecord[],
  topicPrefix: string,
): { topic: string; messages: Message[] }[] {
  const topics = new Map<string, Message[]>();
  for (const { record, partition } of slice) {
    const messages = topics.get(record.topic) ?? [];
    messages.push({ key: record.key, value: record.value, partition });
    topics.set(record.topic, messages);
  }
  return [...topics].map(([topic, messages]) => ({ topic: topicPrefix + topic, messages }));
}
