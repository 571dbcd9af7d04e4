import type { Command } from 'commander';
import {
  decodePortfolio,
  encodeEvaluation,
  encodeIndeterminate,
  encodeUnsupported,
  unsupportedIn,
} from '#contracts/portfolio.ts';
import type { Evaluation, Portfolio } from '#contracts/portfolio.ts';
import { curesOf } from '#domain/cures.ts';
import { accountFigures, positionFigures } from '#domain/margin.ts';
import { MoneyRangeError } from '#domain/money.ts';
import type { MarginPolicy } from '#domain/policy.ts';
import { stressRows } from '#domain/stress.ts';
import { loadPolicy } from '#platform/policies.ts';
import { painted, plain } from '../account-text.ts';
import { evaluationText } from '../evaluation-table.ts';
import { InputError, readInput, refuseInput } from '../json-input.ts';
import { parsePortfolios } from '../portfolio-input.ts';

const HELP = `
Input, one object or an array of them; dollars and shares with at most four decimals:
  {"account":   {"account_id": "ACC1", "type": "REG_T", "cash": -160000},
   "positions": [{"symbol": "NVDA", "qty": 500, "price": 400, "beta": 1.8}],
   "policy":    {"long_maintenance_rate": 0.3}}

  A short has a negative qty. Without a price the account is INDETERMINATE, without a beta 1 is
  taken. "policy" replaces single fields of the preset "reference": long_maintenance_rate,
  short_maintenance_rate, warning_band, buffer_rate, cost_rate. Type PORTFOLIO, two positions in
  one symbol and instruments other than plain equity are answered with status UNSUPPORTED.

Exit codes:
  0  evaluated, whatever the status    2  the input is not valid; nothing is printed but the reason

Examples:
  sentinel margin evaluate --file portfolio.json
  sentinel margin evaluate --file portfolio.json --json | jq .cures
  cat accounts.json | sentinel margin evaluate --file - --json
`;

/** Adds `margin evaluate` to the command line. */
export function register(program: Command): void {
  program
    .command('margin')
    .description('margin figures without the stack')
    .command('evaluate')
    .description('compute figures, stress and cures of portfolios, as the engine does')
    .requiredOption('--file <path>', 'JSON file with the portfolios, - for standard input')
    .option('--json', 'print JSON: an object for an object, an array for an array', false)
    .addHelpText('after', HELP)
    .action(async ({ file, json }: EvaluateOptions, command: Command) => {
      const output = command.configureOutput();
      try {
        const { portfolios, isList } = parsePortfolios(await readInput(file, process.stdin));
        const evaluations = evaluateAll(portfolios, isList);
        const answer = isList ? evaluations : evaluations[0];
        output.writeOut?.(
          json
            ? `${JSON.stringify(answer, null, 2)}\n`
            : evaluationText(evaluations, (output.getOutHasColors?.() ?? false) ? painted : plain),
        );
      } catch (error) {
        refuseInput(command, file, error);
      }
    });
}

interface EvaluateOptions {
  readonly file: string;
  readonly json: boolean;
}

function evaluateAll(portfolios: readonly Portfolio[], isList: boolean): Evaluation[] {
  const reference = loadPolicy('reference');
  return portfolios.map((portfolio, index) => {
    try {
      return evaluate(portfolio, reference);
    } catch (error) {
      if (!(error instanceof MoneyRangeError)) throw error;
      const field = isList ? `#/${String(index)}` : '#';
      throw new InputError(
        `${field} ${portfolio.account.account_id} cannot be computed exactly: ${error.message}`,
        { cause: error },
      );
    }
  });
}

/**
 * One portfolio by the very functions of the engine. UNSUPPORTED is an answer with exit code 0, not
 * bad input: the portfolio is well formed, its other accounts are evaluated, and what the rules do
 * not cover yet must be seen as that and never be margined as stock (RULES, Figures).
 */
function evaluate(portfolio: Portfolio, base: MarginPolicy): Evaluation {
  const { cashE4, positions, policy } = decodePortfolio(portfolio, base);
  const unsupported = unsupportedIn(portfolio);
  if (unsupported.length > 0) return encodeUnsupported(portfolio, positions, unsupported);
  const figures = accountFigures(cashE4, positions, policy);
  const accountId = portfolio.account.account_id;
  if (figures.status === 'INDETERMINATE') {
    const priced = positions.flatMap((position) =>
      position.priceE4 === null ? [] : [positionFigures(position, position.priceE4, policy)],
    );
    return encodeIndeterminate(accountId, figures, priced);
  }
  return encodeEvaluation(accountId, figures, stressRows(figures), curesOf(figures, policy));
}
