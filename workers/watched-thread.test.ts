import { Worker as Thread } from 'node:worker_threads';
import { afterEach, describe, expect, test } from '@jest/globals';
import { DefaultLogger } from '@temporalio/worker';
import { WatchedThread } from './watched-thread.ts';

const logger = new DefaultLogger('ERROR', () => undefined);
/** A look each 20 ms: some two seconds without an answer end the thread. */
const LIMIT = { pauseMs: 20, looksMax: 100 };
const SILENCE_MS = LIMIT.pauseMs * LIMIT.looksMax;
const QUESTION = { type: 'destroy' } as const;

let thread: Thread;

afterEach(() => thread.terminate());

/** A thread that does `work` for each question and then answers it. */
function watched(work: string): WatchedThread {
  const code = `
    const { parentPort } = require('node:worker_threads');
    parentPort.on('message', async ({ requestId }) => {
      ${work}
      parentPort.postMessage({ requestId, result: { type: 'ok' } });
    });`;
  thread = new Thread(code, { eval: true });
  return new WatchedThread(thread, logger, LIMIT);
}

const untilEnded = (): Promise<unknown> => new Promise((resolve) => thread.once('exit', resolve));

describe('a thread of workflows', () => {
  test('is ended when a workflow does not come to an end, and who waits for it is told', async () => {
    const watch = watched('for (;;);');
    const ended = untilEnded();
    await expect(watch.send(QUESTION)).rejects.toThrow('exited');
    await ended;
  });

  test('goes on while it answers, however long the queue', async () => {
    const stepMs = SILENCE_MS / 20;
    const watch = watched(
      `Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ${stepMs});`,
    );
    const questions = Array.from({ length: 30 }, () => watch.send(QUESTION));
    await expect(Promise.all(questions)).resolves.toHaveLength(30);
  });

  test('goes on while nobody asks it anything', async () => {
    const watch = watched('');
    await watch.send(QUESTION);
    await new Promise((resolve) => setTimeout(resolve, 1.5 * SILENCE_MS));
    await expect(watch.send(QUESTION)).resolves.toBeUndefined();
  });
});
