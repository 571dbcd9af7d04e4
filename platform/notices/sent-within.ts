import type { Sent } from '#ports/message-channel.ts';

/**
 * What became of `send`, or a failure after `sendMsMax`; `abort` then ends what is under way. A failure
 * says nothing about whether the message arrives all the same.
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
    return { outcome: 'FAILED', reason: reasonOf(error) };
  } finally {
    clearTimeout(timer);
    abort();
  }
}

/** fetch says only that it failed; its cause says why. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
