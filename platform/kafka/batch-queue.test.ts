import { beforeEach, describe, expect, test } from '@jest/globals';
import type { InboundRecord } from '#ports/records.ts';
import { BatchQueue } from './batch-queue.ts';
import type { QueuedBatch } from './batch-queue.ts';

/** What was processed, as `<topic> <first>-<last> →<next position>`. */
let processed: string[];
/** Ends the batch that is under way. */
let endBatch: (error?: Error) => void;
let failures: unknown[];
let queue: BatchQueue;

beforeEach(() => {
  processed = [];
  failures = [];
  queue = new BatchQueue(
    (batch) => {
      processed.push(textOf(batch));
      return new Promise((resolve, reject) => {
        endBatch = (error) => {
          if (error === undefined) resolve();
          else reject(error);
        };
      });
    },
    (error) => failures.push(error),
  );
});

function textOf({ topic, records, nextPosition }: QueuedBatch): string {
  const offsets = records.map(({ offset }) => offset);
  const range = offsets.length === 0 ? 'none' : `${offsets[0] ?? ''}-${offsets.at(-1) ?? ''}`;
  return `${topic} ${range} →${String(nextPosition)}`;
}

function batch(topic: string, from: number, count: number): QueuedBatch {
  const records = Array.from({ length: count }, (_, n): InboundRecord => {
    return { topic, partition: 0, offset: from + n, key: null, value: null, timestamp: 0 };
  });
  return { topic, records, nextPosition: from + count };
}

/** Whether there is room by now for what comes after a batch that was added. */
async function hasRoom(added: Promise<void>): Promise<boolean> {
  return Promise.race([added.then(() => true), settled().then(() => false)]);
}

function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

async function end(): Promise<void> {
  endBatch();
  await settled();
}

describe('what comes while a batch is under way', () => {
  test('is processed after it, together, in its order', async () => {
    void queue.add(batch('fills', 0, 2));
    void queue.add(batch('fills', 2, 1));
    void queue.add(batch('fills', 3, 4));
    expect(processed).toEqual(['fills 0-1 →2']);
    await end();
    await end();
    expect(processed).toEqual(['fills 0-1 →2', 'fills 2-6 →7']);
  });

  test('of another input keeps its place', async () => {
    void queue.add(batch('fills', 0, 1));
    void queue.add(batch('fills', 1, 1));
    void queue.add(batch('cash', 0, 1));
    void queue.add(batch('fills', 2, 1));
    for (let n = 0; n < 4; n += 1) await end();
    expect(processed).toEqual(['fills 0-0 →1', 'fills 1-1 →2', 'cash 0-0 →1', 'fills 2-2 →3']);
  });

  test('moves no position before its turn, though it be markers without a record', async () => {
    void queue.add(batch('fills', 0, 1));
    void queue.add({ topic: 'fills', records: [], nextPosition: 3 });
    expect(processed).toEqual(['fills 0-0 →1']);
    await end();
    expect(processed.at(-1)).toBe('fills none →3');
  });

  test('is bounded: at 3,000 records nothing further is taken until the batch has ended', async () => {
    void queue.add(batch('fills', 0, 1));
    const filling = queue.add(batch('fills', 1, 3_000));
    expect(await hasRoom(filling)).toBe(true);
    const further = queue.add(batch('fills', 3_001, 1));
    expect(await hasRoom(further)).toBe(false);
    await end();
    expect(processed.at(-1)).toBe('fills 1-3000 →3001');
    expect(await hasRoom(further)).toBe(true);
  });

  test('and is larger than that alone goes as a whole', async () => {
    void queue.add(batch('fills', 0, 1));
    const large = queue.add(batch('fills', 1, 5_000));
    expect(await hasRoom(large)).toBe(false);
    await end();
    expect(processed.at(-1)).toBe('fills 1-5000 →5001');
    expect(await hasRoom(large)).toBe(true);
  });
});

test('after a failure nothing is processed any more, and nobody waits', async () => {
  void queue.add(batch('fills', 0, 1));
  const waiting = queue.add(batch('fills', 1, 5_000));
  const failure = new Error('fenced');
  endBatch(failure);
  await settled();
  expect(await hasRoom(waiting)).toBe(true);
  await queue.add(batch('fills', 6_000, 1));
  expect(processed).toEqual(['fills 0-0 →1']);
  expect(failures).toEqual([failure]);
});

test('a queue that was closed drops what waits', async () => {
  void queue.add(batch('fills', 0, 1));
  const waiting = queue.add(batch('fills', 1, 5_000));
  queue.close();
  expect(await hasRoom(waiting)).toBe(true);
  await end();
  await queue.add(batch('fills', 6_000, 1));
  expect(processed).toEqual(['fills 0-0 →1']);
  expect(failures).toEqual([]);
});
