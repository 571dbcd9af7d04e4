import { createRequire } from 'node:module';
import { setTimeout as pause } from 'node:timers/promises';
import { isAnswer } from './kafka-trouble.ts';

/** The broker completes a transaction within some ms after it has acknowledged its end. */
const COMPLETING_PAUSE_MS = 2;
const ATTEMPTS_MAX = 2_500;

/** What there is of kafkajs' broker: the two requests that begin a transaction's part. */
interface Broker {
  addPartitionsToTxn: (this: Broker, asked: unknown) => Promise<unknown>;
  addOffsetsToTxn: (this: Broker, asked: unknown) => Promise<unknown>;
}

/**
 * Until the transaction before is completed, the broker refuses the next one of the same producer. kafkajs
 * then asks anew for what it knows of every topic, which is dearer than the request itself, before it
 * sends again; offsets it does not send again at all. From now on both are asked again after a pause.
 */
export function waitForCompletion(): void {
  const { prototype } = brokerClass();
  if (patched.has(prototype)) return;
  patched.add(prototype);
  const { addPartitionsToTxn, addOffsetsToTxn } = prototype;
  prototype.addPartitionsToTxn = function patient(asked) {
    return whenCompleted(() => addPartitionsToTxn.call(this, asked));
  };
  prototype.addOffsetsToTxn = function patient(asked) {
    return whenCompleted(() => addOffsetsToTxn.call(this, asked));
  };
}

async function whenCompleted<T>(ask: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await ask();
    } catch (error) {
      if (attempt === ATTEMPTS_MAX || !isAnswer(error, 'CONCURRENT_TRANSACTIONS')) throw error;
      await pause(COMPLETING_PAUSE_MS);
    }
  }
}

const patched = new WeakSet();

/** Not among what kafkajs exports; its version is pinned. */
function brokerClass(): { prototype: Broker } {
  const require = createRequire(import.meta.url);
  return require('kafkajs/src/broker/index.js') as { prototype: Broker };
}
