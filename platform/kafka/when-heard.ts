import { setTimeout as pause } from 'node:timers/promises';
import { isPassingTrouble } from './kafka-trouble.ts';

/** A broker that does not answer, or that its controller has not heard of for seconds, is back within this time. */
const UNHEARD_MS_MAX = 30_000;
const UNHEARD_PAUSE_MS = 250;

/**
 * Asks again while the trouble may pass: on a machine that stood still the broker answers too late, or
 * the only one is fenced for a moment and no replica can be placed. kafkajs' administrator itself gives
 * up at the first time-out.
 */
export async function whenHeard<T>(ask: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + UNHEARD_MS_MAX;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!isPassingTrouble(error) || performance.now() > deadline) throw error;
      await pause(UNHEARD_PAUSE_MS);
    }
  }
}
