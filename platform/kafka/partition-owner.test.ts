import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { TOPICS } from '#contracts/topics.ts';
import type {
  FencedWriter,
  PartitionOwner,
  PartitionProcessor,
  SendInTransaction,
} from '#ports/partition-owner.ts';
import type { InboundRecord } from '#ports/records.ts';
import { eventually, openKafka, testLogger } from '#test/kafka-fixture.ts';
import type { KafkaFixture } from '#test/kafka-fixture.ts';
import { createKafka } from './client.ts';
import { LostRecordsError } from './committed-positions.ts';
import { isAnswer } from './kafka-trouble.ts';
import { createEndOffsets } from './log-reader.ts';
import { createPartitionOwner } from './partition-owner.ts';

const FILLS = TOPICS.fills.name;
const CASH = TOPICS.cash.name;
/** Where the owners of these tests write what they have read. */
const OUT = TOPICS.marginCalc.name;
const GROUP = 'copiers';
const PARTITIONS = 3;
const WAIT_MS = 60_000;
const TEST_MS = 180_000;

let kafka: KafkaFixture;
let owners: PartitionOwner[];
let fatal: Error[];
let givenUp: object[];

beforeEach(async () => {
  kafka = await openKafka('owner', PARTITIONS);
  owners = [];
  fatal = [];
  givenUp = [];
});

afterEach(async () => {
  await Promise.all(owners.map((owner) => owner.stop()));
  await kafka.close();
}, TEST_MS);

interface Copier {
  readonly owner: PartitionOwner;
  /** The numbers that it owns now. */
  readonly numbers: Set<number>;
  /** Every writer that it was ever given, the last of each number. */
  readonly writers: Map<number, FencedWriter>;
  readonly running: Promise<void>;
}

interface Behaviour {
  readonly beforeTakeOver?: (partition: number) => Promise<void>;
  readonly copy?: (record: InboundRecord) => { key: string; value: string };
}

/** Copies each record of two inputs to one output, with its place, exactly once. */
function startCopier({ beforeTakeOver, copy = copyOf }: Behaviour = {}): Copier {
  const owner = createPartitionOwner(
    {
      ...kafka.surroundings,
      logger: {
        ...testLogger,
        warn: (fields, message) => {
          if ('event' in fields && fields.event === 'given_up') givenUp.push(fields);
          testLogger.warn(fields, message);
        },
      },
    },
    { groupId: GROUP, partitions: PARTITIONS, onFatal: (error) => fatal.push(error) },
  );
  owners.push(owner);
  const numbers = new Set<number>();
  const writers = new Map<number, FencedWriter>();
  const running = owner.run([FILLS, CASH], async (partition, writer) => {
    await beforeTakeOver?.(partition);
    numbers.add(partition);
    writers.set(partition, writer);
    return copier(writer, copy, () => numbers.delete(partition));
  });
  return { owner, numbers, writers, running };
}

function copier(
  writer: FencedWriter,
  copy: NonNullable<Behaviour['copy']>,
  onRelease: () => void,
): PartitionProcessor {
  return {
    onBatch: async (records) => {
      const last = records.at(-1);
      if (last === undefined) return;
      const out = records.map((record) => ({
        topic: OUT,
        ...copy(record),
        partition: writer.partition,
      }));
      await writer.transact(
        (send) => send(out),
        [{ topic: last.topic, position: last.offset + 1 }],
      );
    },
    onPosition: () => undefined,
    onRelease,
  };
}

function copyOf(record: InboundRecord): { key: string; value: string } {
  return { key: 'k', value: `${record.topic}/${record.partition}/${record.offset}` };
}

async function publish(topic: string, partition: number, count = 1): Promise<string[]> {
  const records = Array.from({ length: count }, () => ({ topic, key: 'k', value: 'x', partition }));
  const positions = await kafka.publish(records);
  return positions.map(({ offset }) => `${topic}/${partition}/${offset}`);
}

async function copied(): Promise<string[]> {
  const records = await kafka.readAll(OUT);
  return records.map(({ value }) => String(value));
}

async function untilCopied(places: readonly string[]): Promise<string[]> {
  return eventually(`${places.length} copies`, WAIT_MS, async () => {
    const found = await copied();
    return places.every((place) => found.includes(place)) && found;
  });
}

function until(what: string, condition: () => boolean): Promise<boolean> {
  return eventually(what, WAIT_MS, () => Promise.resolve(condition()));
}

/** How many records lie in OUT, committed or not. */
async function uncommitted(): Promise<number> {
  const ends = await createEndOffsets(kafka.surroundings);
  try {
    return (await ends.endOffsets(OUT)).reduce((sum, end) => sum + end, 0);
  } finally {
    await ends.close();
  }
}

async function onEveryPartition(count: number): Promise<string[]> {
  const places: string[] = [];
  for (let partition = 0; partition < PARTITIONS; partition += 1) {
    for (const topic of [FILLS, CASH]) places.push(...(await publish(topic, partition, count)));
  }
  return places;
}

describe('the members of a group', () => {
  test(
    'share the numbers: each is owned once, and each record is copied once',
    async () => {
      const copiers = [startCopier(), startCopier(), startCopier()];
      await Promise.all(copiers.map(({ running }) => running));
      await until('each owns one', () => copiers.every(({ numbers }) => numbers.size === 1));
      expect(new Set(copiers.flatMap(({ numbers }) => [...numbers])).size).toBe(PARTITIONS);
      const places = await onEveryPartition(20);
      const found = await untilCopied(places);
      expect(found.sort()).toEqual(places.sort());
      expect(fatal).toEqual([]);
    },
    TEST_MS,
  );

  test(
    'begin where the one before has committed, also after one that stopped in a take-over',
    async () => {
      const first = startCopier();
      await first.running;
      const places = await onEveryPartition(5);
      await untilCopied(places);
      await first.owner.stop();

      const stuck = startCopier({ beforeTakeOver: () => new Promise(() => undefined) });
      const ended = stuck.running.catch((error: unknown) => error);
      await eventually('it has joined', WAIT_MS, async () => (await members()) === 1);
      await stuck.owner.stop();
      expect(await ended).toBeInstanceOf(Error);

      const third = startCopier();
      await third.running;
      places.push(...(await onEveryPartition(5)));
      expect((await untilCopied(places)).sort()).toEqual(places.sort());
    },
    TEST_MS,
  );

  test(
    'may think better of what they have written: nothing of it is seen, and they write on',
    async () => {
      const one = startCopier();
      await one.running;
      const writer = one.writers.get(0);
      if (writer === undefined) throw new Error('one member has every number');
      const tell = (value: string) => (send: SendInTransaction) =>
        send([{ topic: OUT, key: 'k', value, partition: 0 }]);
      const taken = [{ topic: FILLS, position: 1 }];
      expect(await writer.transactIf(tell('unsaid'), taken, () => Promise.resolve(false))).toBe(
        false,
      );
      expect(await writer.transactIf(tell('said'), [], () => true)).toBe(true);
      expect(await copied()).toEqual(['said']);
      // What it would have consumed is still to be consumed by whoever comes after it.
      await one.owner.stop();
      const places = await publish(FILLS, 0);
      startCopier();
      await untilCopied(places);
      expect([fatal, givenUp]).toEqual([[], []]);
    },
    TEST_MS,
  );

  test(
    'fence whoever had their numbers, with what it was about to commit, before they look at anything',
    async () => {
      const first = startCopier();
      await first.running;
      let letGo = (): void => undefined;
      const held = new Promise<void>((resolve) => {
        letGo = resolve;
      });
      const underWay = [...first.writers].map(async ([partition, writer]) => {
        try {
          await writer.transact(
            async (send) => {
              await send([{ topic: OUT, key: 'k', value: 'too late', partition }]);
              await held;
            },
            [{ topic: FILLS, position: 1 }],
          );
          return 'committed';
        } catch {
          return 'fenced';
        }
      });
      await eventually(
        'the first writes',
        WAIT_MS,
        async () => (await uncommitted()) === PARTITIONS,
      );
      // The second has read what was committed, but has not written anything, when the first goes on.
      let goOn = (): void => undefined;
      const looked = new Promise<void>((resolve) => {
        goOn = resolve;
      });
      const taking = new Set<number>();
      const second = startCopier({
        beforeTakeOver: (partition) => {
          taking.add(partition);
          return looked;
        },
      });
      await until('the second takes over', () => taking.size > 0);
      letGo();
      const outcomes = await Promise.all(underWay);
      goOn();
      await second.running;
      expect(outcomes).toEqual(outcomes.map(() => 'fenced'));
      const places = await onEveryPartition(3);
      expect((await untilCopied(places)).sort()).toEqual(places.sort());
    },
    TEST_MS,
  );

  test(
    'do not fence the one that a slow take-over was lost to',
    async () => {
      let letGo = (): void => undefined;
      const held = new Promise<void>((resolve) => {
        letGo = resolve;
      });
      let slow = true;
      const first = startCopier({ beforeTakeOver: () => (slow ? held : Promise.resolve()) });
      first.running.catch(() => undefined);
      await eventually('the first has joined', WAIT_MS, async () => (await members()) === 1);
      slow = false;
      const second = startCopier();
      await second.running;
      letGo();
      await until('both own some', () => first.numbers.size > 0 && second.numbers.size > 0);
      const places = await onEveryPartition(10);
      expect((await untilCopied(places)).sort()).toEqual(places.sort());
      expect(givenUp).toEqual([]);
    },
    TEST_MS,
  );

  async function members(): Promise<number> {
    const admin = createKafka(kafka.surroundings).admin();
    await admin.connect();
    try {
      const { groups } = await admin.describeGroups([kafka.topicPrefix + GROUP]);
      const [group] = groups;
      return group?.state === 'Stable' ? group.members.length : 0;
    } finally {
      await admin.disconnect();
    }
  }
});

describe('what a person has to decide ends the process', () => {
  test(
    'a committed position that its topic does not reach',
    async () => {
      const admin = createKafka(kafka.surroundings).admin();
      await admin.connect();
      await admin.setOffsets({
        groupId: kafka.topicPrefix + GROUP,
        topic: kafka.topicPrefix + FILLS,
        partitions: [{ partition: 1, offset: '1000' }],
      });
      await admin.disconnect();
      startCopier().running.catch(() => undefined);
      await until('it is told', () => fatal.length > 0);
      expect(fatal).toEqual([expect.any(LostRecordsError)]);
      expect(fatal[0]?.message).toMatch(/stands at 1000 of .*fills\.v1\/1, which holds 0 to 0/);
      expect(await copied()).toEqual([]);
    },
    TEST_MS,
  );

  test(
    'a record that no broker takes: not again and again',
    async () => {
      const { running } = startCopier({ copy: () => ({ key: 'k', value: 'x'.repeat(2_000_000) }) });
      await running;
      await publish(FILLS, 0);
      await until('it is told', () => fatal.length > 0);
      expect(fatal.map((error) => isAnswer(error, 'MESSAGE_TOO_LARGE'))).toEqual([true]);
      expect(givenUp).toEqual([]);
    },
    TEST_MS,
  );
});
