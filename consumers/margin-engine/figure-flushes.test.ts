import { expect, test } from '@jest/globals';
import { FigureFlushes } from './figure-flushes.ts';

const LONG_MS = 60_000;

/** A flush that goes on until `end` is called, perhaps with an error. */
function openFlush(flushes: FigureFlushes): { end: (error?: Error) => Promise<void> } {
  let end: (error?: Error) => void = () => undefined;
  const run = flushes.run(
    () =>
      new Promise((resolve, reject) => {
        end = (error) => {
          if (error === undefined) resolve();
          else reject(error);
        };
      }),
  );
  return {
    end: async (error) => {
      end(error);
      await run.catch(() => undefined);
    },
  };
}

async function isOver(waiting: Promise<void>): Promise<boolean> {
  const later = new Promise((resolve) => setImmediate(resolve));
  return Promise.race([waiting.then(() => true), later.then(() => false)]);
}

test('without figures under way stress rows go at once', async () => {
  expect(await isOver(new FigureFlushes().none(LONG_MS))).toBe(true);
});

test('stress rows wait for the figures of every partition', async () => {
  const flushes = new FigureFlushes();
  const [first, second] = [openFlush(flushes), openFlush(flushes)];
  const waiting = flushes.none(LONG_MS);
  await first.end();
  expect(await isOver(waiting)).toBe(false);
  await second.end();
  expect(await isOver(waiting)).toBe(true);
});

test('figures that could not be told keep nobody waiting', async () => {
  const flushes = new FigureFlushes();
  const flush = openFlush(flushes);
  const waiting = flushes.none(LONG_MS);
  await flush.end(new Error('fenced'));
  expect(await isOver(waiting)).toBe(true);
});

test('stress rows wait for figures without end no longer than they are told', async () => {
  const flushes = new FigureFlushes();
  const flush = openFlush(flushes);
  await flushes.none(10);
  await flush.end();
});
