import { createReadStream } from 'node:fs';
import { bodyErrors } from '#api/field-errors.ts';
import {
  ACCOUNTS_MAX,
  POSITIONS_MAX,
  portfolioSchema,
  portfoliosSchema,
} from '#contracts/portfolio.ts';
import type { Portfolio } from '#contracts/portfolio.ts';

/** The input of `margin evaluate`: bounded, and refused by the field that is wrong. */

const INPUT_BYTES_MAX = 1024 * 1024;
/** More than these would not be read: the first ones show the pattern. */
const FAULTS_SHOWN_MAX = 20;

/** The input cannot be evaluated; the message names each field as a JSON pointer. */
export class PortfolioInputError extends Error {
  override readonly name = 'PortfolioInputError';
}

/** The text of a file, or of standard input for `-`. Throws PortfolioInputError. */
export async function readInput(file: string, stdin: AsyncIterable<unknown>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of file === '-' ? stdin : createReadStream(file)) {
      const buffer = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
      bytes += buffer.length;
      if (bytes > INPUT_BYTES_MAX) {
        throw new PortfolioInputError('is larger than 1 MB: split it into several files');
      }
      chunks.push(buffer);
    }
  } catch (error) {
    if (error instanceof PortfolioInputError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new PortfolioInputError(`cannot be read: ${reason}`, { cause: error });
  }
  return decodeUtf8(Buffer.concat(chunks));
}

/** The portfolios that a text states, and whether it states a list. Throws PortfolioInputError. */
export function parsePortfolios(text: string): { portfolios: Portfolio[]; isList: boolean } {
  const input = parseJson(text);
  const isList = Array.isArray(input);
  const parsed = isList
    ? portfoliosSchema.safeParse(boundedList(input))
    : portfolioSchema.safeParse(input);
  if (!parsed.success) throw faulty(bodyErrors(parsed.error, input));
  const portfolios = Array.isArray(parsed.data) ? parsed.data : [parsed.data];
  const positions = portfolios.reduce((total, { positions: { length } }) => total + length, 0);
  if (positions > POSITIONS_MAX) {
    throw new PortfolioInputError(
      `# has ${String(positions)} positions in all; at most ${String(POSITIONS_MAX)} are evaluated at once`,
    );
  }
  return { portfolios, isList };
}

/** A list that is too long is refused before its members are looked at. */
function boundedList(input: readonly unknown[]): readonly unknown[] {
  if (input.length <= ACCOUNTS_MAX) return input;
  throw new PortfolioInputError(
    `# has ${String(input.length)} accounts; at most ${String(ACCOUNTS_MAX)} are evaluated at once`,
  );
}

function faulty(faults: ReturnType<typeof bodyErrors>): PortfolioInputError {
  const lines = faults
    .slice(0, FAULTS_SHOWN_MAX)
    .map((fault) => `${fault.pointer ?? '#'} ${fault.detail}`);
  const more = faults.length - lines.length;
  if (more > 0) lines.push(`and ${String(more)} more`);
  return new PortfolioInputError(lines.join('\n'));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // V8 quotes the input: what a terminal would obey is shown, not obeyed.
    const reason = (error instanceof Error ? error.message : String(error)).replace(
      /[\p{Cc}\p{Cf}]/gu,
      '\uFFFD',
    );
    throw new PortfolioInputError(`# is not JSON: ${reason}`, { cause: error });
  }
}

function decodeUtf8(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new PortfolioInputError('# is not UTF-8 text', { cause: error });
  }
}
