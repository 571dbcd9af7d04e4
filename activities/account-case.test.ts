import { noticeSchema } from '#contracts/notices.ts';
import type { NoticeRecord } from '#contracts/notices.ts';
import { TOPICS } from '#contracts/topics.ts';
import { summaryOf } from '#domain/case-summary.ts';
import type { CaseAction } from '#domain/ladder-actions.ts';
import type { Message, MessageChannel, Sent } from '#ports/message-channel.ts';
import type { OutboundRecord } from '#ports/records.ts';
import { testLogger } from '#test/kafka-fixture.ts';
import { LadderWalk, WALK_POLICY } from '#test/ladder-walk.ts';
import { until } from '#test/temporal.ts';
import { describe, expect, test } from '@jest/globals';
import { createCaseActivities } from './account-case.ts';

interface Attempt {
  readonly scheduledAt?: number;
  readonly paused?: Promise<void>;
  readonly leadingUp?: readonly CaseAction[];
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
  /** Of this kind no message is ever taken: whoever sends it waits, until its worker dies. */
  hangsOn: NoticeRecord['kind'] | null = null;
  readonly #walk = new LadderWalk().price(390);

  get attempts(): readonly string[] {
    return this.#log.map(({ state }) => state);
  }

  get kinds(): readonly string[] {
    return this.#log.map(({ kind }) => kind);
  }

  /**
   * One attempt of the activity, which the server put up at `scheduledAt`; it stands still before its
   * first records are written until `paused`.
   */
  async issueCall(
    attempt: number,
    { scheduledAt = this.now, paused = Promise.resolve(), leadingUp = [] }: Attempt = {},
  ): Promise<void> {
    const { issueMarginCall } = createCaseActivities({
      publisher: {
        publish: async (records) => {
          await paused;
          this.#write(records);
          return records.map(({ topic }) => ({ topic, partition: 0, offset: 0 }));
        },
      },
      noticeLog: {
        attempts: (_account, noticeId) =>
          Promise.resolve(this.#log.filter(({ notice_id: id }) => id === noticeId)),
      },
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
      leadingUp,
      action: this.action('CALL'),
      summary: summaryOf(this.#walk.state),
    });
  }

  /** What the case does first of this kind. */
  action(type: CaseAction['type']): CaseAction {
    const found = this.#walk.taken.find(({ action }) => action.type === type);
    if (found === undefined) throw new Error(`the walk has no ${type}`);
    return found.action;
  }

  #channel(): MessageChannel {
    const send = ({ content }: Message): Promise<Sent> => {
      this.messages += 1;
      if (content.kind === this.hangsOn) return new Promise(() => undefined);
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

  test('is told of the call although the warning that goes with it is not taken', async () => {
    const workers = new TwoWorkers();
    const warning = workers.action('WARN');
    workers.hangsOn = 'WARNING';
    void workers.issueCall(1, { leadingUp: [warning] });
    await until('the call is delivered', () => workers.attempts.includes('DELIVERED'));
    workers.hangsOn = null;
    workers.now += 10_200;
    await workers.issueCall(2, { leadingUp: [warning] });
    expect(workers.kinds).toEqual(['WARNING', 'MARGIN_CALL', 'MARGIN_CALL']);
    expect(workers.attempts).toEqual(['ATTEMPTED', 'ATTEMPTED', 'DELIVERED']);
    expect(workers.messages).toBe(2);
  });
});
