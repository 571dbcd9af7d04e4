import { AssignerProtocol } from 'kafkajs';
import type { PartitionAssigner } from 'kafkajs';

const VERSION = 0;

/**
 * Gives partition number n of *all* topics to one member (DESIGN 6). The default assigner deals
 * topic by topic and, with three members, splits every pair. Numbers are dealt in turn to the members
 * in the order of their ids, so every member comes to the same result.
 */
export const coPartitionedAssigner: PartitionAssigner = ({ cluster }) => ({
  name: 'CoPartitionedAssigner',
  version: VERSION,
  assign: ({ members, topics }) => {
    const sizes = topics.map((topic) => ({
      topic,
      partitions: cluster.findTopicPartitionMetadata(topic).length,
    }));
    const memberIds = members.map(({ memberId }) => memberId);
    return Promise.resolve(
      assignByNumber(memberIds, sizes).map(({ memberId, assignment }) => ({
        memberId,
        memberAssignment: AssignerProtocol.MemberAssignment.encode({
          version: VERSION,
          assignment,
          userData: Buffer.alloc(0),
        }),
      })),
    );
  },
  protocol: ({ topics }) => ({
    name: 'CoPartitionedAssigner',
    metadata: AssignerProtocol.MemberMetadata.encode({
      version: VERSION,
      topics,
      userData: Buffer.alloc(0),
    }),
  }),
});

/** Which partition numbers of which topics each member gets. */
export function assignByNumber(
  memberIds: readonly string[],
  topics: readonly { readonly topic: string; readonly partitions: number }[],
): { memberId: string; assignment: Record<string, number[]> }[] {
  const sorted = [...memberIds].sort();
  return sorted.map((memberId, index) => {
    const assignment: Record<string, number[]> = {};
    for (const { topic, partitions } of topics) {
      assignment[topic] = Array.from({ length: partitions }, (_, n) => n).filter(
        (n) => n % sorted.length === index,
      );
    }
    return { memberId, assignment };
  });
}
