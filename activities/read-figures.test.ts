import type { FiguresReading, ReadingRequest } from '#domain/case-events.ts';
import type { FirmWatch } from '#ports/firm-enforcement.ts';
import { testLogger } from '#test/kafka-fixture.ts';
import { LadderWalk, WALK_POLICY } from '#test/ladder-walk.ts';
import { describe, expect, test } from '@jest/globals';
import { readFigures } from './read-figures.ts';

const MS_MAX = 100;
const NEVER = <T>(): Promise<T> => new Promise(() => undefined);

const walk = new LadderWalk();
const FRESH: FiguresReading = {
  outcome: 'FRESH',
  readAt: 1,
  figures: walk.figures(),
  cashE4: walk.cashE4,
  positions: walk.positions,
};
const REQUEST: ReadingRequest = {
  accountId: 'ACC_1',
  atLeast: null,
  quoteAgeMaxMs: 1,
  heartbeatAgeMaxMs: 1,
  calendarVersion: 1,
  start: { accountId: 'ACC_1', caseId: 'case-1', episode: 1, isReleased: false },
};

interface World extends FirmWatch {
  readonly read: () => Promise<FiguresReading>;
}

const ANSWERS: World = {
  read: () => Promise.resolve(FRESH),
  holds: () => Promise.resolve([]),
  askToStart: () => Promise.resolve('GRANTED'),
};

function reading(changes: Partial<World>): ReturnType<typeof readFigures> {
  const world = { ...ANSWERS, ...changes };
  const ports = {
    figures: world,
    firm: world,
    policy: WALK_POLICY,
    clock: { now: () => 7 },
    logger: testLogger,
  };
  return readFigures(ports, REQUEST, { msMax: MS_MAX });
}

describe('a reading', () => {
  test('has the figures, what is held and what the brake says', async () => {
    expect(await reading({})).toMatchObject({
      outcome: 'FRESH',
      enforcement: { holds: [], start: 'GRANTED' },
    });
  });

  test.each<[string, Partial<World>, string]>([
    ['the figures', { read: NEVER }, 'NOT_CAUGHT_UP'],
    ['the log of holds', { holds: NEVER }, 'ENFORCEMENT_UNREAD'],
    ['the brake', { askToStart: NEVER }, 'ENFORCEMENT_UNREAD'],
  ])(
    'is STALE when %s hang: the case holds, pages and takes what comes',
    async (_what, changes, code) => {
      expect(await reading(changes)).toMatchObject({
        outcome: 'STALE',
        readAt: 7,
        reason: { code },
      });
    },
  );

  test('has one time for all it asks: slow figures leave less for the brake', async () => {
    const slow = <T>(answer: T) =>
      new Promise<T>((resolve) => setTimeout(() => resolve(answer), MS_MAX * 0.6));
    const late = await reading({
      read: () => slow(FRESH),
      askToStart: () => slow('GRANTED' as const),
    });
    expect(late).toMatchObject({ outcome: 'STALE', reason: { code: 'ENFORCEMENT_UNREAD' } });
  });
});
