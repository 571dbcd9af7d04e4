import { describe, expect, test } from '@jest/globals';
import { START_REQUESTS_MAX } from '#contracts/firm-messages.ts';
import type { AskToStart } from '#contracts/firm-messages.ts';
import { AskedTogether } from './asked-together.ts';

const LIMIT = { accountsMax: 10, windowMs: 600_000 };
const MS_MAX = 200;

const request = (number: number): AskToStart['requests'][number] => ({
  accountId: `ACC_${String(number)}`,
  caseId: `case-${String(number)}`,
  episode: 1,
  isReleased: false,
});

/** A brake that answers when the test says so, and what it was asked. */
function open() {
  const asked: string[][] = [];
  let answer: (() => void)[] = [];
  let isAway = false;
  const brake = new AskedTogether(({ requests }) => {
    asked.push(requests.map(({ accountId }) => accountId));
    return new Promise((resolve, reject) => {
      answer.push(() => {
        if (isAway) reject(new Error('away'));
        else resolve(requests.map(() => 'GRANTED'));
      });
    });
  }, MS_MAX);
  const answerAll = (): void => {
    const due = answer;
    answer = [];
    for (const one of due) one();
  };
  return { asked, brake, answerAll, goAway: () => (isAway = true) };
}

const askAll = (brake: AskedTogether, count: number): Promise<PromiseSettledResult<string>[]> =>
  Promise.allSettled(
    Array.from({ length: count }, (_, number) => brake.ask(request(number), LIMIT)),
  );

describe('those who ask together', () => {
  test('go in one question, after the one that is under way', async () => {
    const { asked, brake, answerAll } = open();
    const all = askAll(brake, 4);
    answerAll();
    await Promise.resolve();
    await new Promise(setImmediate);
    answerAll();
    const answers = await all;
    expect(answers.map(({ status }) => status)).toEqual(Array(4).fill('fulfilled'));
    expect(asked).toEqual([['ACC_0'], ['ACC_1', 'ACC_2', 'ACC_3']]);
  });

  test('are all told when the question fails', async () => {
    const { brake, answerAll, goAway } = open();
    goAway();
    const one = askAll(brake, 1);
    answerAll();
    expect(await one).toMatchObject([{ status: 'rejected' }]);
  });

  test('wait no longer than their time for a brake that hangs, each from when it asked', async () => {
    const { asked, brake, answerAll } = open();
    const begun = performance.now();
    const answers = await askAll(brake, 3 * START_REQUESTS_MAX);
    const tookMs = performance.now() - begun;
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set(['rejected']));
    expect(tookMs).toBeGreaterThanOrEqual(MS_MAX - 5);

    // Who has given up is not asked for when the brake is back: its place is for who still waits.
    const late = brake.ask(request(1_000), LIMIT);
    answerAll();
    await new Promise(setImmediate);
    answerAll();
    expect(await late).toBe('GRANTED');
    expect(asked).toEqual([['ACC_0'], ['ACC_1000']]);
  });
});
