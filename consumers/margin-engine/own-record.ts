import { z } from 'zod';
import type { InboundRecord } from '#ports/records.ts';

/** An error's text is no place for the record itself. */
const MESSAGE_MAX = 1_500;

const UTF8 = new TextDecoder();

/**
 * The content of a record that the engine itself has written. Throws an error that names the record and
 * the cure when it cannot be read: the engine must not start without its own state, and must not guess it.
 */
export function readOwnRecord<Schema extends z.ZodType>(
  schema: Schema,
  record: InboundRecord,
): z.infer<Schema> {
  try {
    return schema.parse(JSON.parse(UTF8.decode(record.value ?? undefined)));
  } catch (error) {
    throw new Error(unreadable(record, error), { cause: error });
  }
}

/**
 * Who wrote into the engine's topic is to be found; a newer good record of the same key puts it right, a
 * version that wrote it can read it.
 */
function unreadable({ topic, partition, offset, key }: InboundRecord, error: unknown): string {
  const what = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
  return (
    `${topic} partition ${String(partition)} offset ${String(offset)}, key ${JSON.stringify(key)}: ` +
    `the engine's own state cannot be read, and books with a hole are worse than none. ` +
    'Start the version of the product that wrote it, or write the last good record of that key again ' +
    '(the same key, after this offset; a tombstone when the key is none of the engine). ' +
    `A local stack: sentinel down --wipe. What is wrong: ${what}`
  ).slice(0, MESSAGE_MAX);
}
