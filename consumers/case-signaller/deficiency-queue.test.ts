import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DeficiencyQueue } from './deficiency-queue.ts';

function takeAll(queue: DeficiencyQueue<string>): string[] {
  const taken: string[] = [];
  for (let item = queue.take(); item !== undefined; item = queue.take()) taken.push(item);
  return taken;
}

describe('who waits for a signal', () => {
  test('the largest deficiency goes first, of equal ones the first who came', () => {
    const queue = new DeficiencyQueue<string>();
    queue.put('small', 1);
    queue.put('first', 5);
    queue.put('large', 9);
    queue.put('second', 5);
    expect(takeAll(queue)).toEqual(['large', 'first', 'second', 'small']);
  });

  test('an account whose deficiency moves waits once, at its new place', () => {
    const queue = new DeficiencyQueue<string>();
    queue.put('A', 1);
    queue.put('B', 5);
    queue.put('A', 9);
    queue.put('B', 2);
    expect(queue.size).toBe(2);
    expect(takeAll(queue)).toEqual(['A', 'B']);
  });

  test('for any puts and takes, the order is that of a sorted list', () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.tuple(fc.integer({ min: 0, max: 30 }), fc.nat(20)) },
      { weight: 1, arbitrary: fc.constant(null) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
        const queue = new DeficiencyQueue<number>();
        const model = new Map<number, { deficiency: number; arrival: number }>();
        const sorted = (): number[] =>
          [...model]
            .sort(([, a], [, b]) => b.deficiency - a.deficiency || a.arrival - b.arrival)
            .map(([item]) => item);
        for (const [index, one] of steps.entries()) {
          if (one === null) {
            const [expected] = sorted();
            expect(queue.take()).toBe(expected);
            if (expected !== undefined) model.delete(expected);
          } else {
            const [item, deficiency] = one;
            queue.put(item, deficiency);
            model.set(item, { deficiency, arrival: model.get(item)?.arrival ?? index });
          }
        }
        for (const expected of sorted()) expect(queue.take()).toBe(expected);
        expect(queue.take()).toBeUndefined();
      }),
    );
  });

  test('a queue whose accounts move for ever does not grow for ever', () => {
    const queue = new DeficiencyQueue<string>();
    for (let n = 0; n < 100_000; n += 1) queue.put('A', n);
    queue.put('B', 0);
    expect(takeAll(queue)).toEqual(['A', 'B']);
  });
});
