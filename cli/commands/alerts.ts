import process from 'node:process';
import { Option } from 'commander';
import type { Command } from 'commander';
import { ALERTS_LISTED_MAX, alertListSchema } from '#contracts/alert-list.ts';
import { ALERT_CODES, ALERT_SEVERITIES, alertSchema } from '#contracts/alerts.ts';
import type { AlertRecord } from '#contracts/alerts.ts';
import { painted, plain } from '../account-text.ts';
import { alertLine, alertsText } from '../alert-text.ts';
import { connectApi } from '../api-client.ts';
import { findApi } from '../api-place.ts';
import { integerOption } from '../integer-option.ts';

const LIMIT_DEFAULT = 100;

const LIST_HELP = `
Open alerts: nobody has acknowledged them, and what they are about is not over. People are paged for
them again and again (docs/notices.md says what to do about each code).

Examples:
  sentinel alerts
  sentinel alerts --severity CRITICAL
  sentinel alerts --all --subject ACC_9 --json
  sentinel alerts ack <alert_id> …       take them on: nobody is paged for them any more
`;

const ACK_HELP = `
Puts your name on alerts: you have taken them on. Nobody is paged for them again, even if what they are
about goes on.

Examples:
  sentinel alerts ack NOTICE_UNDELIVERED.1795000000000.9f8a…
  sentinel alerts --code ESCALATION_HELD --subject ACC_9 --json \\
    | jq -r '.alerts[].alert_id' | xargs -r sentinel alerts ack
`;

interface ListOptions {
  readonly all: boolean;
  readonly severity?: string;
  readonly code?: string;
  readonly subject?: string;
  readonly limit: number;
  readonly json: boolean;
  readonly instance?: string;
}

type AckOptions = Pick<ListOptions, 'json' | 'instance'>;

/** Adds `alerts` and `alerts ack` to the command line. */
export function register(program: Command): void {
  const group = program.command('alerts').description('list what calls a person, and take it on');
  group
    .command('list', { isDefault: true })
    .description('list alerts, the most severe first (what `sentinel alerts` does)')
    .option('--all', 'also those acknowledged or over', false)
    .addOption(new Option('--severity <severity>', 'only of this').choices(ALERT_SEVERITIES))
    .addOption(new Option('--code <code>', 'only of this').choices(ALERT_CODES))
    .option('--subject <id>', 'only of this account, or such as SYMBOL:NVDA')
    .option(
      '--limit <count>',
      'at most so many',
      integerOption(1, ALERTS_LISTED_MAX),
      LIMIT_DEFAULT,
    )
    .option('--json', 'print JSON: {"alerts": […], "others": n}', false)
    .option('--instance <name>', 'of this instance')
    .addHelpText('after', LIST_HELP)
    .action(list);
  group
    .command('ack')
    .alias('acknowledge')
    .argument('<alert_id...>')
    .description('take alerts on in your name: nobody is paged for them any more')
    .option('--json', 'print JSON: an array of alerts', false)
    .option('--instance <name>', 'of this instance')
    .addHelpText('after', ACK_HELP)
    .action(acknowledge);
}

async function list(options: ListOptions, command: Command): Promise<void> {
  const { all, severity, code, subject, limit, json, instance } = options;
  const output = command.configureOutput();
  const api = await connectApi(await findApi(process.env, instance), 'viewer');
  const query = new URLSearchParams({
    state: all ? 'all' : 'open',
    limit: String(limit),
    ...(severity === undefined ? {} : { severity }),
    ...(code === undefined ? {} : { code }),
    ...(subject === undefined ? {} : { subject }),
  });
  const found = await api.get(`/alerts?${query.toString()}`, alertListSchema);
  const paint = (output.getOutHasColors?.() ?? false) ? painted : plain;
  output.writeOut?.(
    json ? `${JSON.stringify(found, null, 2)}\n` : alertsText(found.alerts, Date.now(), paint),
  );
  if (found.others > 0) output.writeErr?.(`And ${String(found.others)} more: see --limit.\n`);
}

/** One after the other: the first that cannot be acknowledged ends it, and says which it was. */
async function acknowledge(
  ids: readonly string[],
  { json, instance }: AckOptions,
  command: Command,
): Promise<void> {
  const output = command.configureOutput();
  const api = await connectApi(await findApi(process.env, instance), 'operator');
  const paint = (output.getOutHasColors?.() ?? false) ? painted : plain;
  const done: AlertRecord[] = [];
  for (const alertId of ids) {
    const path = `/alerts/${encodeURIComponent(alertId)}/acknowledge`;
    const alert = await api.post(path, undefined, alertSchema);
    done.push(alert);
    if (!json) output.writeOut?.(alertLine(alert, Date.now(), paint));
  }
  if (json) output.writeOut?.(`${JSON.stringify(done, null, 2)}\n`);
}
