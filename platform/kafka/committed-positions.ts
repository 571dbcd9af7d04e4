import type { Admin } from 'kafkajs';
import type { KafkaSurroundings } from './client.ts';
import type { TopicBounds } from './topic-bounds.ts';

/** What a group has committed no longer fits its topic: records are missing. A person has to decide. */
export class LostRecordsError extends Error {
  override readonly name = 'LostRecordsError';
}

/**
 * Where a group goes on in one partition number of its inputs: the committed position, or the first
 * record kept when nothing was ever committed. Throws LostRecordsError when the committed position lies
 * outside of the topic: reading on from elsewhere would leave books with a hole that nobody sees.
 */
export async function committedPositions(group: {
  readonly admin: Admin;
  readonly topicBounds: TopicBounds;
  readonly surroundings: KafkaSurroundings;
  readonly groupId: string;
  readonly partition: number;
  readonly inputs: readonly string[];
}): Promise<Map<string, number>> {
  const { admin, topicBounds, surroundings, groupId, partition, inputs } = group;
  const prefixed = inputs.map((topic) => surroundings.topicPrefix + topic);
  const committed = await admin.fetchOffsets({ groupId, topics: prefixed });
  const positions = new Map<string, number>();
  for (const topic of inputs) {
    const name = surroundings.topicPrefix + topic;
    const offset = committed
      .find((entry) => entry.topic === name)
      ?.partitions.find((entry) => entry.partition === partition)?.offset;
    const bounds = (await topicBounds.of(name)).find((entry) => entry.partition === partition);
    if (bounds === undefined) throw new Error(`topic ${name} has no partition ${partition}`);
    const position = Number(offset ?? -1);
    if (position >= 0 && (position < bounds.low || position > bounds.high)) {
      throw new LostRecordsError(
        `group ${groupId} stands at ${position} of ${name}/${partition}, which holds ` +
          `${bounds.low} to ${bounds.high}: records between are lost, or the topic was made anew. ` +
          'Restore the topic, or reset the group together with its state.',
      );
    }
    positions.set(topic, position < 0 ? bounds.low : position);
  }
  return positions;
}
