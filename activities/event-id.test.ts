import { LadderWalk } from '#test/ladder-walk.ts';
import { describe, expect, test } from '@jest/globals';
import { eventIdOf } from './event-id.ts';

const [warned, called] = new LadderWalk().price(390).taken.map(({ action }) => action);

describe('the id of an event', () => {
  if (warned === undefined || called === undefined) throw new Error('there was no call');
  const request = { accountId: 'ACC_1', caseId: 'run-1', action: warned };

  test('has the shape of a UUID', () => {
    expect(eventIdOf(request)).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/,
    );
  });

  test('is the same at each attempt', () => {
    expect(eventIdOf({ ...request })).toBe(eventIdOf(request));
  });

  test.each([
    ['account', { ...request, accountId: 'ACC_2' }],
    ['case', { ...request, caseId: 'run-2' }],
    ['episode', { ...request, action: { ...warned, episode: 2 } }],
    ['action', { ...request, action: called }],
  ])('is another for another %s', (_, other) => {
    expect(eventIdOf(other)).not.toBe(eventIdOf(request));
  });
});
