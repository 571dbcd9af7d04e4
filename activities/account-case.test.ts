import { noticeSchema } from '#contracts/notices.ts';
import type { NoticeRecord } from '#contracts/notices.ts';
import { TOPICS } from '#contracts/topics.ts';
import { summaryOf } from '#domain/case-summary.ts';
import type { CaseAction } from '#domain/ladder-actions.ts';
import type { OutboundRecord } from '#ports/records.ts';
import { testLogger } from '#test/kafka-fixture.ts';
import { LadderWalk, WALK_POLICY } from '#test/ladder-walk.ts';
import { until } from '#test/temporal.ts';
import { describe, expect, test } from '@jest/globals';
import { createCaseActivities } from './account-case.ts';

/**
 * Two workers with one log, and a clock that a test moves: a worker that stands still in the middle of
 * its attempt cannot be timed on the real parts (those are in test/notices.test.ts).
 */
class TwoWorkers {
  now = 1_795_000_000_000;
  readonly #log: NoticeRecord[] = [];
  /** What the customer got. */
  messages = 0;
  /** Does the worker die while it sends? */
  diesSending = false;
  readonly #walk = new LadderWalk().price(390);

  get attempts(): readonly string[] {
    return this.#log.map(({ state }) => state);
  }

  get kinds(): readonly string[] {
    return this.#log.map(({ kind }) => kind);
  }

  /** One attempt of the activity; it stands still before its first records are written until `paused`. */
  async issueCall(
    attempt: number,
    paused: Promise<void> = Promise.resolve(),
    leadingUp: readonly CaseAction[] = [],
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
      isRepeated: () => attempt > 1,
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

  #channel(): { name: 'log'; send: () => Promise<{ outcome: 'DELIVERED' }> } {
    const send = (): Promise<{ outcome: 'DELIVERED' }> => {
      this.messages += 1;
      if (this.diesSending) return new Promise(() => undefined);
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
    const first = workers.issueCall(1, new Promise((resolve) => (goOn = resolve)));
    // Temporal gives it up after 10 s and begins another.
    workers.now += 10_200;
    await workers.issueCall(2);
    goOn();
    await first;
    expect(workers.messages).toBe(1);
    // Of the late attempt a person is told, by the notifier.
    expect(workers.attempts).toEqual(['ATTEMPTED', 'DELIVERED', 'ATTEMPTED']);
  });

  test('is told of the call by the next attempt when the first one died while it sent the warning', async () => {
    const workers = new TwoWorkers();
    const warning = workers.action('WARN');
    workers.diesSending = true;
    void workers.issueCall(1, undefined, [warning]);
    await until('the warning is under way', () => workers.messages === 1);
    workers.diesSending = false;
    workers.now += 10_200;
    await workers.issueCall(2, undefined, [warning]);
    expect(workers.kinds).toEqual(['WARNING', 'MARGIN_CALL', 'MARGIN_CALL']);
    expect(workers.attempts).toEqual(['ATTEMPTED', 'ATTEMPTED', 'DELIVERED']);
    expect(workers.messages).toBe(2);
  });
});
