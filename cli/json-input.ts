import { createReadStream } from 'node:fs';
import type { Command } from 'commander';
import { bodyErrors } from '#api/field-errors.ts';

/** JSON that a command reads: bounded, and refused by the field that is wrong. */

/** The input is at fault, not the product. */
const EXIT_BAD_INPUT = 2;
/** More than these would not be read: the first ones show the pattern. */
const FAULTS_SHOWN_MAX = 20;

/** The input cannot be used; the message names each field as a JSON pointer. */
export class InputError extends Error {
  override readonly name = 'InputError';
}

/** The text of a file, or of standard input for `-`. Throws InputError. */
export async function readInput(
  file: string,
  stdin: AsyncIterable<unknown>,
  megabytesMax = 1,
): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of file === '-' ? stdin : createReadStream(file)) {
      const buffer = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
      bytes += buffer.length;
      if (bytes > megabytesMax * 1024 * 1024) {
        throw new InputError(
          `is larger than ${String(megabytesMax)} MB: split it into several files`,
        );
      }
      chunks.push(buffer);
    }
  } catch (error) {
    if (error instanceof InputError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new InputError(`cannot be read: ${reason}`, { cause: error });
  }
  return decodeUtf8(Buffer.concat(chunks));
}

/** The JSON of a text. Throws InputError. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // V8 quotes the input: what a terminal would obey is shown, not obeyed.
    const reason = (error instanceof Error ? error.message : String(error)).replace(
      /[\p{Cc}\p{Cf}]/gu,
      '\uFFFD',
    );
    throw new InputError(`# is not JSON: ${reason}`, { cause: error });
  }
}

/** What a schema has against an input, a line per field. */
export function faulty(...why: Parameters<typeof bodyErrors>): InputError {
  const faults = bodyErrors(...why);
  const lines = faults
    .slice(0, FAULTS_SHOWN_MAX)
    .map((fault) => `${fault.pointer ?? '#'} ${fault.detail}`);
  const more = faults.length - lines.length;
  if (more > 0) lines.push(`and ${String(more)} more`);
  return new InputError(lines.join('\n'));
}

/** Ends a command whose input cannot be used: each line of the reason names the file. Rethrows others. */
export function refuseInput(command: Command, file: string, error: unknown): never {
  if (!(error instanceof InputError)) throw error;
  const name = file === '-' ? 'standard input' : file;
  return command.error(`${name}: ${error.message.replaceAll('\n', `\n${name}: `)}`, {
    exitCode: EXIT_BAD_INPUT,
  });
}

function decodeUtf8(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new InputError('# is not UTF-8 text', { cause: error });
  }
}
