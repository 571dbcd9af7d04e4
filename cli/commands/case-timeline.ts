import process from 'node:process';
import type { Command } from 'commander';
import { accountTimelineSchema } from '#contracts/account-history.ts';
import type { AccountTimeline, TimelineStep } from '#contracts/account-history.ts';
import { painted, plain } from '../account-text.ts';
import { connectApi } from '../api-client.ts';
import { findApi } from '../api-place.ts';
import { durationOption } from '../duration-option.ts';
import { storyText } from '../story-text.ts';

/** The longest that is asked back or ahead. */
const DAYS_MAX = 400;

/** More steps than anybody reads; JSON has as many. */
const STEPS_MAX = 5_000;
const PAGE = 500;

const HELP = `
The story of the last 30 days: every audited step, when, how long after the one before, on what
figures. What is older is in audit.v1, which keeps 90 days; archiving it is the firm's own task
(docs/run.md).

Examples:
  sentinel case timeline ACC_DEMO_002
  sentinel case timeline ACC_DEMO_002 --since 2h
  sentinel case timeline ACC_DEMO_002 --json | jq '.[].event_type'
`;

interface TimelineOptions {
  readonly since?: number;
  readonly json: boolean;
  readonly instance?: string;
}

/** Adds `case timeline` to the command line. */
export function registerTimeline(group: Command): void {
  group
    .command('timeline')
    .argument('<account_id>')
    .description('tell what happened to an account, step by step')
    .option('--since <time>', 'only the last so long, such as 2h', durationOption(DAYS_MAX))
    .option('--json', 'print JSON: an array of steps', false)
    .option('--instance <name>', 'of this instance')
    .addHelpText('after', HELP)
    .action(async (accountId: string, options: TimelineOptions, command: Command) => {
      const output = command.configureOutput();
      const api = await connectApi(await findApi(process.env, options.instance), 'viewer');
      const query = new URLSearchParams({ limit: String(PAGE) });
      if (options.since !== undefined) query.set('from', String(Date.now() - options.since));
      const steps: TimelineStep[] = [];
      let more = true;
      while (more && steps.length < STEPS_MAX) {
        const path = `/accounts/${encodeURIComponent(accountId)}/timeline?${query.toString()}`;
        const page: AccountTimeline = await api.get(path, accountTimelineSchema);
        steps.push(...page.steps);
        more = page.next_cursor !== null;
        query.set('cursor', page.next_cursor ?? '');
      }
      const paint = (output.getOutHasColors?.() ?? false) ? painted : plain;
      output.writeOut?.(
        options.json ? `${JSON.stringify(steps, null, 2)}\n` : storyText(accountId, steps, paint),
      );
      if (more) output.writeErr?.('There is more: read on with --since.\n');
    });
}
