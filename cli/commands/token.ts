import process from 'node:process';
import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { ROLES } from '#contracts/roles.ts';
import type { Role } from '#contracts/roles.ts';
import { ID_PATTERN } from '#contracts/wire.ts';
import { ownToken, userName } from '../api-client.ts';
import { findApi } from '../api-place.ts';
import { durationOption } from '../duration-option.ts';

const LIFETIME_DAYS_MAX = 30;
const LIFETIME_MS_DEFAULT = 3_600_000;

const HELP = `
Roles: viewer reads; feed writes fills, cash, prices and betas; operator reads and works on cases;
approver does what an operator does and releases. Without --role the token has all of them: it is made
with the development key of the local stack and is worth nothing elsewhere.

Examples:
  TOKEN=$(sentinel token --role feed --expires 8h)
  curl -H "Authorization: Bearer $(sentinel token --role viewer)" http://127.0.0.1:3000/accounts
`;

interface TokenOptions {
  readonly role: readonly Role[];
  readonly subject?: string;
  readonly expires: number;
  readonly instance?: string;
}

/** Adds `token` to the command line. */
export function register(program: Command): void {
  program
    .command('token')
    .description('make a development token for the API')
    .addOption(
      new Option('--role <role...>', 'what its holder may do').choices(ROLES).default(ROLES, 'all'),
    )
    .option('--subject <name>', 'who its holder is (default: your user name)', subjectOption)
    .addOption(
      new Option('--expires <duration>', 'how long it is good, such as 90s, 15m, 1h, 7d')
        .argParser(durationOption(LIFETIME_DAYS_MAX))
        .default(LIFETIME_MS_DEFAULT, '1h'),
    )
    .option('--instance <name>', 'for this instance')
    .addHelpText('after', HELP)
    .action(async (options: TokenOptions, command: Command) => {
      const place = await findApi(process.env, options.instance);
      const subject = options.subject ?? userName();
      const token = await ownToken(place, subject, options.role, options.expires);
      command.configureOutput().writeOut?.(`${token}\n`);
    });
}

function subjectOption(text: string): string {
  if (ID_PATTERN.test(text)) return text;
  throw new InvalidArgumentError('It must be 1 to 64 characters of A-Z a-z 0-9 _ . : -');
}
