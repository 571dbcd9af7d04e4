import { LadderWalk } from '#test/ladder-walk.ts';
import { describe, expect, test } from '@jest/globals';
import {
  ACKNOWLEDGEMENTS_WAITING_MAX,
  EMPTY_INBOX,
  EXECUTIONS_WAITING_MAX,
  put,
  take,
} from './case-inbox.ts';
import type { Inbox } from './case-inbox.ts';
import type { AcknowledgedEvent, ExecutionEvent, FiguresEvent } from './case-events.ts';

const walk = new LadderWalk();
const figures = (): FiguresEvent => ({ type: 'FIGURES', figures: walk.setPrice(400).figures() });
const execution = (execId: string): ExecutionEvent => ({
  type: 'EXECUTION',
  execution: { execId, orderId: 'o', cumQtyE4: 1, status: 'FILLED', fillOffset: 0 },
});
const seenBy = (by: string): AcknowledgedEvent => ({ type: 'ACKNOWLEDGED', by, at: 1, note: null });

/** Everything in an inbox, in the order in which it comes out. */
function all(inbox: Inbox): unknown[] {
  const next = take(inbox);
  return next === null ? [] : [next.event, ...all(next.rest)];
}

describe('what comes while a case acts', () => {
  test('waits, and of figures the last version wins', () => {
    const old = figures();
    const last = figures();
    expect(all(put(put(EMPTY_INBOX, last), old))).toEqual([last]);
    expect(all(put(put(EMPTY_INBOX, old), last))).toEqual([last]);
  });

  test('comes out with executions first, then figures, then what people noted', () => {
    const last = figures();
    const inbox = [last, execution('a'), seenBy('ann'), execution('b')].reduce(put, EMPTY_INBOX);
    expect(all(inbox)).toEqual([execution('a'), execution('b'), last, seenBy('ann')]);
  });

  test('is bounded', () => {
    let inbox = EMPTY_INBOX;
    for (let count = 0; count < EXECUTIONS_WAITING_MAX + 5; count += 1) {
      inbox = put(put(inbox, execution(String(count))), seenBy(String(count)));
    }
    expect(inbox.executions).toHaveLength(EXECUTIONS_WAITING_MAX);
    expect(inbox.acknowledgements).toHaveLength(ACKNOWLEDGEMENTS_WAITING_MAX);
  });
});
