import type { Logger } from '#ports/logger.ts';
import { unavailable } from './problem.ts';
import type { Problem } from './problem.ts';

/** No caller waits longer than this for Kafka, Temporal or DynamoDB. */
const DEPENDENCY_WAIT_MS_MAX = 5_000;

export type Asked<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: Problem };

/**
 * Waits, bounded, for something behind the API. When it fails or takes too long the answer is a 503
 * with `detail`, and the log has the cause. The work itself may still come to its end.
 */
export async function ask<T>(work: Promise<T>, detail: string, logger: Logger): Promise<Asked<T>> {
  try {
    return { ok: true, value: await within(DEPENDENCY_WAIT_MS_MAX, work) };
  } catch (error) {
    logger.warn({ err: error }, detail);
    return { ok: false, problem: unavailable(detail) };
  }
}

/** What `work` comes to; rejects when that takes longer than `waitMsMax`. */
export async function within<T>(waitMsMax: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`no answer within ${String(waitMsMax)} ms`));
    }, waitMsMax);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
