import { open } from 'node:fs/promises';
import type { MessageChannel } from '#ports/message-channel.ts';
import { NotTakenError, reasonOf, sentWithin } from './sent-within.ts';

/** Appends each message as one JSON object a line; it counts when the disk has it. */
export function fileChannel(path: string, sendMsMax: number): MessageChannel {
  return {
    name: 'file',
    send: ({ content, ...message }) =>
      sentWithin(sendMsMax, () => append(path, { ...content, ...message }), nothing),
  };
}

async function append(path: string, line: object): Promise<void> {
  const file = await open(path, 'a', 0o600).catch((error: unknown) => {
    throw new NotTakenError(reasonOf(error), { cause: error });
  });
  try {
    await file.appendFile(`${JSON.stringify(line)}\n`);
    await file.datasync();
  } finally {
    await file.close();
  }
}

function nothing(): void {
  return undefined;
}
