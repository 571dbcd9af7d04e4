import { createRequire } from 'node:module';

/** What there is of kafkajs' queue of requests, of which every connection has its own. */
interface RequestQueue {
  /** Requests that may not be sent yet. */
  readonly pending: readonly unknown[];
  scheduleCheckPendingRequests: (this: RequestQueue) => void;
}

/**
 * kafkajs looks for requests that wait, on each connection, every millisecond, whether any waits or not:
 * after each look it sets a timer to an instant that lies in the past. A process with 20 connections does
 * nothing and takes 4 % of a core for it. From now on it looks only while a request waits: for one that
 * has to, the queue sets the timer itself when it is put there.
 */
export function letQueuesRest(): void {
  const { prototype } = queueClass();
  const { scheduleCheckPendingRequests } = prototype;
  if (patched.has(prototype)) return;
  patched.add(prototype);
  prototype.scheduleCheckPendingRequests = function resting() {
    if (this.pending.length > 0) scheduleCheckPendingRequests.call(this);
  };
}

const patched = new WeakSet();

/** Not among what kafkajs exports; its version is pinned. */
function queueClass(): { prototype: RequestQueue } {
  const require = createRequire(import.meta.url);
  return require('kafkajs/src/network/requestQueue/index.js') as { prototype: RequestQueue };
}
