import { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { letQueuesRest } from './quiet-queues.ts';

interface Queue {
  push(request: {
    readonly entry: { readonly correlationId: number };
    readonly expectResponse: boolean;
    readonly sendRequest: () => void;
  }): void;
  fulfillRequest(answer: {
    readonly correlationId: number;
    readonly size: number;
    readonly payload: null;
  }): void;
  maybeThrottle(ms: number): void;
}

const QueueClass = createRequire(import.meta.url)(
  'kafkajs/src/network/requestQueue/index.js',
) as new (options: object) => Queue;

const silent = { namespace: () => silent, debug: () => undefined, warn: () => undefined };

let sent: number[];

beforeEach(() => {
  jest.useFakeTimers();
  letQueuesRest();
  letQueuesRest();
  sent = [];
});

afterEach(() => {
  jest.useRealTimers();
});

function queueOf(inFlightMax: number | null): Queue {
  return new QueueClass({
    instrumentationEmitter: new EventEmitter(),
    maxInFlightRequests: inFlightMax,
    requestTimeout: 5_000,
    enforceRequestTimeout: false,
    clientId: 'test',
    broker: 'broker',
    logger: silent,
    isConnected: () => true,
  });
}

function ask(queue: Queue, correlationId: number): void {
  const entry = { correlationId, resolve: () => undefined, reject: () => undefined };
  queue.push({ entry, expectResponse: true, sendRequest: () => sent.push(correlationId) });
}

function answer(queue: Queue, correlationId: number): void {
  queue.fulfillRequest({ correlationId, size: 0, payload: null });
}

test('a connection on which no request waits sets no timer', () => {
  const queue = queueOf(null);
  ask(queue, 1);
  answer(queue, 1);
  expect(sent).toEqual([1]);
  expect(jest.getTimerCount()).toBe(0);
});

test('a request that waits for an earlier one goes out with its answer, and then nothing is left to do', () => {
  const queue = queueOf(1);
  ask(queue, 1);
  ask(queue, 2);
  expect(sent).toEqual([1]);
  answer(queue, 1);
  expect(sent).toEqual([1, 2]);
  answer(queue, 2);
  jest.advanceTimersByTime(1_000);
  expect(jest.getTimerCount()).toBe(0);
});

test('a request that the broker asks to put off goes out by itself when its time has come', () => {
  const queue = queueOf(null);
  queue.maybeThrottle(200);
  ask(queue, 1);
  jest.advanceTimersByTime(190);
  expect(sent).toEqual([]);
  jest.advanceTimersByTime(20);
  expect(sent).toEqual([1]);
  expect(jest.getTimerCount()).toBe(0);
});
