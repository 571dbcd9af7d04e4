import type { Sent } from '#ports/message-channel.ts';

/** The message surely did not arrive: nothing of it was sent, or who got it refused it. */
export class NotTakenError extends Error {
  override readonly name = 'NotTakenError';
}

/**
 * What became of `send`: FAILED after a NotTakenError, UNKNOWN after any other, and when it has not
 * ended after `sendMsMax`; `abort` then ends what is under way.
 */
export async function sentWithin(
  sendMsMax: number,
  send: () => Promise<void>,
  abort: () => void,
): Promise<Sent> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`no answer within ${String(sendMsMax)} ms`));
    }, sendMsMax);
  });
  try {
    await Promise.race([send(), late]);
    return { outcome: 'DELIVERED' };
  } catch (error) {
    const outcome = error instanceof NotTakenError ? 'FAILED' : 'UNKNOWN';
    return { outcome, reason: reasonOf(error) };
  } finally {
    clearTimeout(timer);
    abort();
  }
}

/** What happened and, where only its cause says that, why: fetch tells no more than that it failed. */
export function reasonOf(error: unknown): string {
  const [message, because] = [
    fieldOf(error, 'message'),
    fieldOf(fieldOf(error, 'cause'), 'message'),
  ];
  if (typeof message !== 'string') return String(error);
  return typeof because === 'string' ? `${message}: ${because}` : message;
}

/** What libraries put on their errors; undefined when there is none. */
export function fieldOf(error: unknown, name: string): unknown {
  return typeof error === 'object' && error !== null ? Reflect.get(error, name) : undefined;
}
