import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { AssignerProtocol, Kafka, PartitionAssigners } from 'kafkajs';
import type { PartitionAssigner } from 'kafkajs';
import { assignByNumber, coPartitionedAssigner } from './co-partitioned-assigner.ts';

const MEMBERS = ['engine-a', 'engine-b', 'engine-c'];
const TOPICS = ['fills.v1', 'cash.v1'];
const PARTITIONS = 8;

/** What the members of a group are given, decoded from the bytes that the group's leader sends. */
async function assignment(
  assigner: PartitionAssigner,
): Promise<Map<string, Map<string, number[]>>> {
  const config = await groupConfig();
  const partitionMetadata = Array.from({ length: PARTITIONS }, (_, partitionId) => ({
    partitionId,
    partitionErrorCode: 0,
    leader: 1,
    replicas: [1],
    isr: [1],
  }));
  Object.assign(config.cluster, { findTopicPartitionMetadata: () => partitionMetadata });
  const { assign, protocol } = assigner(config);
  const memberMetadata = protocol({ topics: TOPICS }).metadata;
  const dealt = await assign({
    members: MEMBERS.map((memberId) => ({ memberId, memberMetadata })),
    topics: TOPICS,
  });
  return new Map(
    dealt.map(({ memberId, memberAssignment }) => {
      const decoded = AssignerProtocol.MemberAssignment.decode(memberAssignment);
      return [memberId, new Map(Object.entries(decoded?.assignment ?? {}))];
    }),
  );
}

/** What kafkajs makes an assigner with. */
function groupConfig(): Promise<Parameters<PartitionAssigner>[0]> {
  return new Promise((resolve) => {
    new Kafka({ brokers: ['127.0.0.1:1'] }).consumer({
      groupId: 'margin-engine',
      partitionAssigners: [
        (config) => {
          resolve(config);
          return coPartitionedAssigner(config);
        },
      ],
    });
  });
}

/** The numbers whose topics went to more than one member. */
function splitNumbers(dealt: Map<string, Map<string, number[]>>): number[] {
  return Array.from({ length: PARTITIONS }, (_, n) => n).filter((n) => {
    const owners = TOPICS.map((topic) =>
      MEMBERS.find((member) => dealt.get(member)?.get(topic)?.includes(n)),
    );
    return new Set(owners).size > 1;
  });
}

describe('a partition number belongs to one engine, with all of its inputs', () => {
  test('three engines never split the pair of fills and cash', async () => {
    expect(splitNumbers(await assignment(coPartitionedAssigner))).toEqual([]);
  });

  test('the default of kafkajs splits pairs among three engines', async () => {
    const dealt = await assignment(PartitionAssigners.roundRobin);
    expect(splitNumbers(dealt).length).toBeGreaterThan(0);
  });

  test('whatever the group, every number is dealt once and evenly, and in any order alike', () => {
    const member = fc.string({ minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(
        fc.uniqueArray(member, { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 40 }),
        (members, partitions) => {
          const topics = TOPICS.map((topic) => ({ topic, partitions }));
          const dealt = assignByNumber(members, topics);
          expect(assignByNumber([...members].reverse(), topics)).toEqual(dealt);
          expect(new Set(dealt.map(({ memberId }) => memberId))).toEqual(new Set(members));
          for (const topic of TOPICS) {
            const numbers = dealt.flatMap(({ assignment: own }) => own[topic] ?? []);
            expect(numbers.sort((a, b) => a - b)).toEqual(
              Array.from({ length: partitions }, (_, n) => n),
            );
          }
          for (const { assignment: own } of dealt) {
            expect(own['fills.v1']).toEqual(own['cash.v1']);
            expect(own['fills.v1']?.length).toBeLessThanOrEqual(
              Math.ceil(partitions / members.length),
            );
          }
        },
      ),
    );
  });
});
