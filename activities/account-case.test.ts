import { noticeSchema } from '#contracts/notices.ts';
import type { NoticeRecord } from '#contracts/notices.ts';
import { TOPICS } from '#contracts/topics.ts';
import { summaryOf } from '#domain/case-summary.ts';
import type { OutboundRecord } from '#ports/records.ts';
import { testLogger } from '#test/kafka-fixture.ts';
import { LadderWalk, WALK_POLICY } from '#test/ladder-walk.ts';
import { describe, expect, test } from '@jest/globals';
import { createCaseActivities } from './account-case.ts';

interface Attempt {
  readonly scheduledAt?: number;
  readonly paused?: Promise<void>;
}

/**
 * Two workers with one log, and a clock that a test moves: a worker that stands still in the middle of
 * its attempt cannot be timed on the real parts (those are in test/notices.test.ts).
 */
class TwoWorkers {
  now = 1_795_000_000_000;
  readonly #log: NoticeRecord[] = [];
  /** What the customer got. */
  messages = 0;
  readonly #walk = new LadderWalk().price(390);

  get attempts(): readonly string[] {
    return this.#log.map(({ state }) => state);
  }

  /**
   * One attempt of the activity, which the server put up at `scheduledAt`; it stands still before its
   * first records are written until `paused`.
   */
  async issueCall(
    attempt: number,
    { scheduledAt = this.now, paused = Promise.resolve() }: Attempt = {},
  ): Promise<void> {
    const found = this.#walk.taken.find(({ action }) => action.type === 'CALL');
    if (found === undefined) throw new Error('the walk has no call');
    const { issueMarginCall } = createCaseActivities({
      publisher: {
        publish: async (records) => {
          await paused;
          this.#write(records);
          return records.map(({ topic }) => ({ topic, partition: 0, offset: 0 }));
        },
      },
      noticeLog: { attempts: () => Promise.resolve([...this.#log]) },
      attempt: () => ({ isRepeated: attempt > 1, scheduledAt }),
      channels: { ofCustomer: () => [this.#channel()], ofPeople: () => [] },
      figures: { read: () => Promise.reject(new Error('nothing is read here')) },
      commands: { check: () => Promise.reject(new Error('nobody commands here')) },
      firm: {
        holds: () => Promise.reject(new Error('no proof is asked for here')),
        askToStart: () => Promise.reject(new Error('nothing starts here')),
      },
      holdings: { of: () => null },
      policy: WALK_POLICY,
      clock: { now: () => this.now },
      logger: testLogger,
    });
    await issueMarginCall({
      accountId: 'ACC_1',
      caseId: 'run-1',
      caseStartedAt: 1,
      workflowId: 'account-case:ACC_1',
      runId: 'run-1',
      action: found.action,
      summary: summaryOf(this.#walk.state),
    });
  }

  #channel(): { name: 'log'; send: () => Promise<{ outcome: 'DELIVERED' }> } {
    const send = (): Promise<{ outcome: 'DELIVERED' }> => {
      this.messages += 1;
      return Promise.resolve({ outcome: 'DELIVERED' });
    };
    return { name: 'log', send };
  }

  #write(records: readonly OutboundRecord[]): void {
    for (const { topic, value } of records) {
      if (topic !== TOPICS.notices.name) continue;
      this.#log.push(noticeSchema.parse(JSON.parse(String(value))));
    }
  }
}

describe('the customer of a step', () => {
  test('is told by the activity’s first attempt', async () => {
    const workers = new TwoWorkers();
    await workers.issueCall(1);
    expect(workers.messages).toBe(1);
    expect(workers.attempts).toEqual(['ATTEMPTED', 'DELIVERED']);
  });

  test('is not told again by an attempt that stood still before its step was on record', async () => {
    const workers = new TwoWorkers();
    let goOn: () => void = () => undefined;
    const first = workers.issueCall(1, {
      paused: new Promise((resolve) => (goOn = resolve)),
    });
    // Temporal gives it up after 10 s and begins another.
    workers.now += 10_200;
    await workers.issueCall(2);
    goOn();
    await first;
    expect(workers.messages).toBe(1);
    // Of the late attempt a person is told, by the notifier.
    expect(workers.attempts).toEqual(['ATTEMPTED', 'DELIVERED', 'ATTEMPTED']);
  });

  test('is not told by an attempt that stood still before its function ran', async () => {
    const workers = new TwoWorkers();
    const scheduledAt = workers.now;
    // Its worker takes the task at once, stands still, and wakes when the next attempt is 1 s away.
    workers.now += 9_000;
    let goOn: () => void = () => undefined;
    const first = workers.issueCall(1, {
      scheduledAt,
      paused: new Promise((resolve) => (goOn = resolve)),
    });
    workers.now += 1_200;
    await workers.issueCall(2);
    goOn();
    await first;
    expect(workers.messages).toBe(1);
    expect(workers.attempts).toEqual(['ATTEMPTED', 'DELIVERED', 'ATTEMPTED']);
  });

  test('is told by an attempt that waited a few seconds for a worker', async () => {
    const workers = new TwoWorkers();
    await workers.issueCall(1, { scheduledAt: workers.now - 7_000 });
    expect(workers.messages).toBe(1);
  });
});
