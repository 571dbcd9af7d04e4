import process from 'node:process';
import type { Command } from 'commander';
import { closeInstance } from '#stack/close-instance.ts';
import { durationText, streamProgress } from '#stack/progress.ts';

const HELP = `
Stops the product, then the servers that \`sentinel up\` started. Data and logs stay, and the next
\`sentinel up\` goes on with them, unless they are wiped.

Examples:
  sentinel down
  sentinel down --wipe          forget all accounts, cases and topics
`;

interface DownOptions {
  readonly wipe: boolean;
}

/** Adds `down` to the command line. */
export function register(program: Command): void {
  program
    .command('down')
    .description('stop what `sentinel up` started')
    .option('--wipe', 'remove its data and logs too', false)
    .addHelpText('after', HELP)
    .action(async ({ wipe }: DownOptions) => {
      const startedAt = performance.now();
      const progress = streamProgress(process.stderr);
      const { stopped } = await closeInstance('local', wipe, process.env, progress);
      const what = stopped === 0 ? 'Nothing was running.' : `${stopped} processes stopped.`;
      const time = durationText(performance.now() - startedAt);
      process.stdout.write(`${what}${wipe ? ' Data and logs removed.' : ''} (${time})\n`);
    });
}
