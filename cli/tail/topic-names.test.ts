import { describe, expect, test } from '@jest/globals';
import { TOPICS } from '#contracts/topics.ts';
import { Failure } from '../failure.ts';
import { topicsOf } from './topic-names.ts';

describe('the words after `sentinel tail`', () => {
  test('name a topic with or without its version, once', () => {
    expect(topicsOf(['margin.calls', 'fills.v1', 'margin.calls.v1', 'fills.dlq'])).toEqual([
      'margin.calls.v1',
      'fills.v1',
      'fills.v1.dlq',
    ]);
  });
  test('when left out stand for all that tell a person something', () => {
    const topics = topicsOf([]);
    expect(topics).toContain(TOPICS.marginCalls.name);
    expect(topics).not.toContain(TOPICS.heartbeats.name);
    expect(topics).not.toContain(TOPICS.engineChangelog.name);
    expect(topicsOf(['engine.heartbeats'])).toEqual([TOPICS.heartbeats.name]);
  });
  test.each([
    ['margin.call', 'Did you mean margin.calls?'],
    ['nonsense', 'There are fills.v1, fills.v1.dlq,'],
    ['toString', 'There are fills.v1,'],
  ])('that name none are wrong usage: %s', (word, cure) => {
    const refused = (): string[] => topicsOf([word]);
    expect(refused).toThrow(Failure);
    expect(refused).toThrow(
      expect.objectContaining({ exitCode: 2, cure: expect.stringContaining(cure) }),
    );
  });
});
