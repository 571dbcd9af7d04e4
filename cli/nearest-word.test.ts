import { expect, test } from '@jest/globals';
import { nearestWord } from './nearest-word.ts';

const TOPICS = ['margin.calls.v1', 'margin.calls', 'fills.v1', 'fills', 'audit'];

test.each([
  ['margin.call', 'margin.calls'],
  ['marginCalls', 'margin.calls'],
  ['fils', 'fills'],
  ['FILLS.V1', 'fills.v1'],
  ['adit', 'audit'],
  ['killswitch', null],
  ['', null],
])('%j most likely stands for %j', (word, nearest) => {
  expect(nearestWord(word, TOPICS)).toBe(nearest);
});
