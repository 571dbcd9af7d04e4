import {
  ACCOUNTS_MAX,
  POSITIONS_MAX,
  portfolioSchema,
  portfoliosSchema,
} from '#contracts/portfolio.ts';
import type { Portfolio } from '#contracts/portfolio.ts';
import { faulty, InputError, parseJson } from './json-input.ts';

/** The portfolios that a text states, and whether it states a list. Throws InputError. */
export function parsePortfolios(text: string): { portfolios: Portfolio[]; isList: boolean } {
  const input = parseJson(text);
  const isList = Array.isArray(input);
  const parsed = isList
    ? portfoliosSchema.safeParse(boundedList(input))
    : portfolioSchema.safeParse(input);
  if (!parsed.success) throw faulty(parsed.error, input);
  const portfolios = Array.isArray(parsed.data) ? parsed.data : [parsed.data];
  const positions = portfolios.reduce((total, { positions: { length } }) => total + length, 0);
  if (positions > POSITIONS_MAX) {
    throw new InputError(
      `# has ${String(positions)} positions in all; at most ${String(POSITIONS_MAX)} are evaluated at once`,
    );
  }
  return { portfolios, isList };
}

/** A list that is too long is refused before its members are looked at. */
function boundedList(input: readonly unknown[]): readonly unknown[] {
  if (input.length <= ACCOUNTS_MAX) return input;
  throw new InputError(
    `# has ${String(input.length)} accounts; at most ${String(ACCOUNTS_MAX)} are evaluated at once`,
  );
}
