import { expect, test } from '@jest/globals';
import { partitionOf } from './partition-of.ts';

/** Printed by Utils.toPositive(Utils.murmur2(key)) of kafka-clients 4.1.2; the first six are its own test's. */
const JAVA: [key: string, of8: number, of12: number, of1024: number][] = [
  ['21', 4, 0, 236],
  ['foobar', 6, 6, 958],
  ['a-little-bit-long-string', 0, 8, 416],
  ['a-little-bit-longer-string', 3, 11, 451],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', 5, 5, 461],
  ['abc', 3, 3, 539],
  ['ACC_DEMO_001', 3, 11, 595],
  ['ACC_1', 7, 7, 63],
  ['NVDA', 5, 5, 189],
  ['BRK.B', 7, 3, 623],
  ['é', 7, 3, 135],
];

test.each(JAVA)('the key %s lies where a Java client puts it', (key, of8, of12, of1024) => {
  expect(partitionOf(key, 8)).toBe(of8);
  expect(partitionOf(key, 12)).toBe(of12);
  expect(partitionOf(key, 1024)).toBe(of1024);
});

test('with one partition every key lies on it', () => {
  expect(partitionOf('ACC_1', 1)).toBe(0);
});
