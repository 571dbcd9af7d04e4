import { expect, test } from '@jest/globals';
import { InputProgress } from './input-progress.ts';

/** What heartbeats say of inputs; offsets are the first not yet there. */

const FILLS = 'fills.v1';
const CASH = 'cash.v1';

function progress(): InputProgress {
  return new InputProgress(new Map([[FILLS, 0]]));
}

/** Books a batch whose figures wait for a flush, and commits it. */
function backlog(inputs: InputProgress, position: number): void {
  inputs.book(FILLS, position);
  inputs.defer();
  inputs.commit(FILLS, position);
}

test('a batch whose figures went out with it is applied when it is committed', () => {
  const inputs = progress();
  inputs.book(FILLS, 10);
  expect([inputs.booked(FILLS), inputs.applied(FILLS)]).toEqual([10, 0]);
  inputs.commit(FILLS, 10);
  expect(inputs.applied(FILLS)).toBe(10);
});

test('a batch whose figures wait for a flush is applied when that flush has ended', () => {
  const inputs = progress();
  backlog(inputs, 10);
  expect(inputs.applied(FILLS)).toBe(0);
  const flush = inputs.flushBegins();
  expect(inputs.applied(FILLS)).toBe(0);
  inputs.flushEnded(flush);
  expect(inputs.applied(FILLS)).toBe(10);
});

test('in a storm each flush applies what was booked when it began, and nothing since', () => {
  const inputs = progress();
  backlog(inputs, 10);
  for (let position = 20; position <= 100; position += 10) {
    const flush = inputs.flushBegins();
    backlog(inputs, position);
    inputs.flushEnded(flush);
    expect(inputs.applied(FILLS)).toBe(position - 10);
  }
});

test('a flush applies what it published of a batch of which nobody has told yet that it is committed', () => {
  const inputs = progress();
  inputs.book(FILLS, 10);
  inputs.defer();
  const flush = inputs.flushBegins();
  inputs.flushEnded(flush);
  expect(inputs.applied(FILLS)).toBe(10);
  inputs.commit(FILLS, 10);
  expect(inputs.applied(FILLS)).toBe(10);
});

test('an input that was passed while another waits for a flush is applied by the next flush', () => {
  const inputs = progress();
  backlog(inputs, 10);
  expect(inputs.pass(CASH, 7)).toBe(true);
  expect(inputs.applied(CASH)).toBe(0);
  inputs.flushEnded(inputs.flushBegins());
  expect([inputs.applied(FILLS), inputs.applied(CASH)]).toEqual([10, 7]);
});

test('what was passed without a batch is applied, and no figures say that they include it', () => {
  const inputs = progress();
  inputs.book(FILLS, 10);
  inputs.commit(FILLS, 10);
  expect(inputs.pass(FILLS, 12)).toBe(true);
  expect([inputs.booked(FILLS), inputs.applied(FILLS)]).toEqual([10, 12]);
  const takenOver = new InputProgress(new Map([[FILLS, 10]]));
  expect(takenOver.booked(FILLS)).toBe(inputs.booked(FILLS));
  inputs.book(FILLS, 13);
  expect(inputs.booked(FILLS)).toBe(13);
});
