import { existsSync, readdirSync } from 'node:fs';
import process from 'node:process';
import { styleText } from 'node:util';
import type { Command } from 'commander';
import type { InstanceLayout } from '#stack/cache-layout.ts';
import { cacheLayout, instanceLayout } from '#stack/cache-layout.ts';
import type { InstanceStatus, PartStatus } from '#stack/instance-status.ts';
import { instanceStatus, isInstanceRunning } from '#stack/instance-status.ts';
import { columns } from '../columns.ts';

const HELP = `
A process of the product that ends by itself is started again by the supervisor, after a pause; one that
ends five times in a row within five seconds of being ready is given up, until \`sentinel up\`.

Without --instance it shows \`local\`, which \`sentinel up\` started, and whatever else runs: a demo,
tests.

Exit codes:
  0  everything is healthy    1  something is down or does not answer

Examples:
  sentinel status
  sentinel status --json | jq '.[].processes[] | select(.health != "healthy")'
`;

const BYTES_PER_MIB = 1024 * 1024;
const COLOURS = { healthy: 'green', unhealthy: 'yellow', down: 'red' } as const;

interface StatusOptions {
  readonly json: boolean;
  readonly instance?: string;
}

/** Adds `status` to the command line. */
export function register(program: Command): void {
  program
    .command('status')
    .description('show servers and processes, and whether they are well')
    .option('--json', 'print JSON: an array of instances', false)
    .option('--instance <name>', 'one instance only')
    .addHelpText('after', HELP)
    .action(async ({ json, instance }: StatusOptions) => {
      const variables = process.env;
      const instances = await chosenInstances(instance, variables);
      const statuses = await Promise.all(
        instances.map((layout) => instanceStatus(layout, variables)),
      );
      process.stdout.write(
        json ? `${JSON.stringify(statuses, undefined, 2)}\n` : statuses.map(statusText).join('\n'),
      );
      const ill = statuses.filter(({ healthy }) => !healthy);
      if (ill.length === 0) return;
      process.exitCode = 1;
      if (!json) process.stderr.write(`\n${cure(ill)}\n`);
    });
}

/** The instance asked for; else all that run; else `local`, to say that it does not. */
async function chosenInstances(
  name: string | undefined,
  variables: NodeJS.ProcessEnv,
): Promise<InstanceLayout[]> {
  const cache = cacheLayout(variables);
  if (name !== undefined) return [instanceLayout(cache, name)];
  const names = existsSync(cache.instances)
    ? readdirSync(cache.instances, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => entry.name)
    : [];
  const known = names.map((known) => instanceLayout(cache, known));
  const running = await Promise.all(known.map(isInstanceRunning));
  const shown = known.filter((_, index) => running[index]);
  return shown.length > 0 ? shown : [instanceLayout(cache, 'local')];
}

function statusText({ instance, servers, processes }: InstanceStatus): string {
  const parts = [...servers, ...processes];
  const rows = parts.map((part) => [
    part.name,
    part.health,
    part.pid === null ? '-' : String(part.pid),
    part.up_since === null ? '-' : part.up_since.replace(/\.\d+Z$/, 'Z'),
    part.rss_bytes === null ? '-' : `${Math.round(part.rss_bytes / BYTES_PER_MIB)} MB`,
    addressText(part),
    part.restarts === null ? '-' : String(part.restarts),
    lastExitText(part),
  ]);
  const head = [
    ...[`instance ${instance}`, 'health', 'pid', 'up since', 'memory', 'address'],
    ...['restarts', 'last exit'],
  ];
  const [title = '', ...lines] = columns([head, ...rows]).split(/(?<=\n)/);
  const coloured = lines.map((line, index) => colour(line, parts[index]));
  return title + coloured.join('');
}

function colour(line: string, part: PartStatus | undefined): string {
  if (part === undefined) return line;
  const word = styleText(COLOURS[part.health], part.health, { stream: process.stdout });
  // The name stands first and may contain the word.
  const from = part.name.length;
  return line.slice(0, from) + line.slice(from).replace(part.health, word);
}

function addressText({ address, ui_url: uiUrl }: PartStatus): string {
  return [address ?? '-', ...(uiUrl === null ? [] : [`Web UI ${uiUrl}`])].join(', ');
}

/** Such as `SIGKILL 2026-07-02T14:00:00Z`. */
function lastExitText({ last_exit: exit, given_up: isGivenUp }: PartStatus): string {
  if (exit === null) return '-';
  const text = `${exit.how} ${exit.at.replace(/\.\d+Z$/, 'Z')}`;
  return isGivenUp ? `${text}, given up` : text;
}

function cure(ill: readonly InstanceStatus[]): string {
  const parts = ill.flatMap(({ servers, processes }) => [...servers, ...processes]);
  const bad = parts.filter(({ health }) => health !== 'healthy');
  const log = bad.find(({ log_file: file }) => file !== null)?.log_file;
  const start = bad.some(({ given_up: isGivenUp }) => isGivenUp)
    ? '`sentinel up` tries anew what was given up.'
    : '`sentinel up` starts what is down.';
  return log === undefined || log === null ? start : `${start} Why: see ${log}`;
}
