import type { KafkaMessage } from 'kafkajs';
import type { InboundRecord } from '#ports/records.ts';

/** A kafkajs message as the product's record. */
export function inboundRecord(
  topic: string,
  partition: number,
  message: KafkaMessage,
): InboundRecord {
  return {
    topic,
    partition,
    offset: Number(message.offset),
    key: message.key === null ? null : message.key.toString(),
    value: message.value,
    timestamp: Number(message.timestamp),
  };
}
