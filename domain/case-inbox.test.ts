import { LadderWalk } from '#test/ladder-walk.ts';
import { describe, expect, test } from '@jest/globals';
import {
  ACKNOWLEDGEMENTS_WAITING_MAX,
  EMPTY_INBOX,
  EXECUTIONS_WAITING_MAX,
  OVERTAKEN_MAX,
  put,
  take,
  takeBefore,
} from './case-inbox.ts';
import type { Inbox } from './case-inbox.ts';
import type {
  AcknowledgedEvent,
  CommandEvent,
  ExecutionEvent,
  FiguresEvent,
  ReadingEvent,
} from './case-events.ts';

const walk = new LadderWalk();
/** NVDA at $400 leaves the account healthy but thin, below $400 something is missing. */
const figures = (price: number | null = 400): FiguresEvent => ({
  type: 'FIGURES',
  figures: walk.setPrice(price).figures(),
});
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

const hold: CommandEvent = {
  type: 'COMMAND',
  command: { type: 'HOLD', commandId: 'h', at: 1, by: 'ann', episode: 1, reason: 'look' },
};
function reading(of: FiguresEvent): ReadingEvent {
  const read = { readAt: 1, figures: of.figures, cashE4: 0, positions: [] };
  const enforcement = { holds: [], start: null };
  return {
    type: 'READING',
    attempt: 1,
    executionId: null,
    reading: { outcome: 'FRESH', ...read, enforcement },
  };
}

describe('before a reading that is about to be decided', () => {
  test('goes what people command and what the venue did, and all else stays', () => {
    const known = figures();
    const inbox = [known, hold, seenBy('ann'), execution('a')].reduce(put, EMPTY_INBOX);
    const first = takeBefore(inbox, reading(known), 0);
    expect(first?.event).toEqual(execution('a'));
    const second = takeBefore(first?.rest ?? EMPTY_INBOX, reading(known), 0);
    expect(second?.event).toEqual(hold);
    expect(takeBefore(second?.rest ?? EMPTY_INBOX, reading(known), 0)).toBeNull();
    expect(all(second?.rest ?? EMPTY_INBOX)).toEqual([known, seenBy('ann')]);
  });

  test('go figures that are later than those read, but not for ever', () => {
    const read = reading(figures());
    const inbox = put(put(EMPTY_INBOX, seenBy('ann')), figures());
    const first = takeBefore(inbox, read, OVERTAKEN_MAX - 1);
    expect(first?.event).toEqual(inbox.figures);
    expect(all(first?.rest ?? EMPTY_INBOX)).toEqual([seenBy('ann')]);
    expect(takeBefore(inbox, read, OVERTAKEN_MAX)).toBeNull();
  });

  test.each([
    ['go figures that cure what was read', 390, 410, true],
    ['go figures without a price', 390, null, true],
    ['do not go figures of a deeper deficiency', 390, 380, false],
    ['do not go figures of a further rise', 410, 420, false],
  ])('%s, however many went before', (_what, read, told, goes) => {
    const before = reading(figures(read));
    const inbox = put(EMPTY_INBOX, figures(told));
    const taken = takeBefore(inbox, before, OVERTAKEN_MAX);
    expect(taken?.event ?? null).toEqual(goes ? inbox.figures : null);
  });

  test('go no figures when the reading proves nothing', () => {
    const stale: ReadingEvent = {
      ...reading(figures()),
      reading: {
        outcome: 'STALE',
        readAt: 1,
        reason: { code: 'NO_FIGURES', what: 'A', observed: 'none', limit: 'one' },
      },
    };
    expect(takeBefore(put(EMPTY_INBOX, figures()), stale, 0)).toBeNull();
  });
});

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
