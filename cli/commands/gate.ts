import type { Command } from 'commander';
import { loadGatePolicy } from '#platform/gate-policy.ts';
import { loadPolicy } from '#platform/policies.ts';
import { columns } from '../columns.ts';
import { decideScenario, parseScenario } from '../gate-scenario.ts';
import type { DecidedOrder } from '../gate-scenario.ts';
import { readInput, refuseInput } from '../json-input.ts';

const INPUT_MEGABYTES_MAX = 64;

const HELP = `
Input, one object; dollars and shares with at most four decimals, instants in Unix milliseconds:
  {"now": 1710000000000,
   "positions":   [{"account_id": "12345", "symbol": "NVDA", "qty": 500}],
   "open_orders": [{"order_id": "O1", "account_id": "12345", "symbol": "NVDA",
                    "side": "SELL", "leaves_qty": 200}],
   "prices":      [{"symbol": "NVDA", "price": 400}],
   "accounts":    [{"account_id": "12345", "excess": 40000}],
   "controls":    {"killed": [{"scope": "SYMBOL:TSLA", "mode": "BLOCK"}],
                   "close_only": ["12345"],
                   "throttled": [{"scope": "STRATEGY:alpha", "max_rate_per_second": 10}],
                   "fresh": true},
   "orders":      [{"order_id": "O2", "ts": 1710000000000, "account_id": "12345",
                    "symbol": "NVDA", "side": "SELL", "qty": 300, "price": 400,
                    "strategy": "alpha"}]}

  Without "accounts" credit is not checked. "policy" replaces single fields of policies/gate.json.
  Orders are decided in their order, each seeing what those before it reserved; an order that is
  not well formed is decided REJECT SCHEMA, as at the gate.

Exit codes:
  0  decided, whatever the decisions    2  the scenario is not valid; nothing is printed but the reason

Examples:
  sentinel gate decide --file scenario.json
  sentinel gate decide --file scenario.json --json | jq 'map(select(.decision != "ALLOW"))'
`;

/** Adds `gate decide` to the command line. */
export function register(program: Command): void {
  program
    .command('gate')
    .description('the order gate without the stack')
    .command('decide')
    .description('decide the orders of a scenario, as the gate does')
    .requiredOption('--file <path>', 'JSON file with the scenario, - for standard input')
    .option('--json', 'print a JSON array, one decision an order', false)
    .addHelpText('after', HELP)
    .action(async ({ file, json }: DecideOptions, command: Command) => {
      const output = command.configureOutput();
      try {
        const scenario = parseScenario(await readInput(file, process.stdin, INPUT_MEGABYTES_MAX));
        const decided = decideScenario(scenario, loadGatePolicy(), loadPolicy('reference'));
        output.writeOut?.(json ? `${JSON.stringify(decided, null, 2)}\n` : decisionsText(decided));
      } catch (error) {
        refuseInput(command, file, error);
      }
    });
}

interface DecideOptions {
  readonly file: string;
  readonly json: boolean;
}

function decisionsText(decided: readonly DecidedOrder[]): string {
  const shown = (value: string | number | null): string => (value === null ? '–' : String(value));
  const head = ['ORDER', 'DECISION', 'CODE', 'OBSERVED', 'LIMIT'];
  const rows = decided.map(({ order_id, decision, code, observed, limit }) => [
    shown(order_id),
    decision,
    code,
    shown(observed),
    shown(limit),
  ]);
  return columns([head, ...rows]);
}
