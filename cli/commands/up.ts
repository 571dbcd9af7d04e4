import process from 'node:process';
import { Option } from 'commander';
import type { Command } from 'commander';
import { createTopics } from '#platform/kafka/topics.ts';
import { PRODUCT_PROCESSES } from '#stack/product-processes.ts';
import type { Stack } from '#stack/open-stack.ts';
import { openStack } from '#stack/open-stack.ts';
import type { Product } from '#stack/product.ts';
import { startProduct } from '#stack/product.ts';
import { durationText, streamProgress } from '#stack/progress.ts';
import { columns } from '../columns.ts';

const HELP = `
Starts what does not run yet and leaves it running: a Temporal server with its Web UI, a Kafka broker,
DynamoDB Local, and the ${String(PRODUCT_PROCESSES.length)} processes of the product. Data is kept until \`sentinel down --wipe\`.
A process of the product that ends by itself is started again (see \`sentinel status\`).
The first time it fetches and builds the servers, which takes some minutes.

A server is not started when its address is given: TEMPORAL_ADDRESS, KAFKA_BROKERS, DYNAMODB_ENDPOINT.
Ports: SENTINEL_TEMPORAL_PORT (7233), SENTINEL_TEMPORAL_UI_PORT (8233), SENTINEL_KAFKA_PORT (9092),
SENTINEL_DYNAMODB_PORT (8000), SENTINEL_API_PORT (3000).

Examples:
  sentinel up
  sentinel up --preset demo           margin calls are due after seconds
  sentinel up --servers-only          without the product
  SENTINEL_KAFKA_PORT=19092 sentinel up
`;

interface UpOptions {
  readonly serversOnly: boolean;
  readonly preset?: string;
}

/** Adds `up` to the command line. */
export function register(program: Command): void {
  program
    .command('up')
    .description('start the local stack and the product, and leave them running')
    .option('--servers-only', 'start Temporal, Kafka and DynamoDB Local, not the product', false)
    .addOption(
      new Option('--preset <name>', 'policy of the product: what runs already, else house')
        .choices(['demo', 'house'])
        .env('SENTINEL_PRESET'),
    )
    .addHelpText('after', HELP)
    .action(async (options: UpOptions) => {
      const startedAt = performance.now();
      const progress = streamProgress(process.stderr);
      const variables = process.env;
      const stack = await openStack({
        instance: 'local',
        fresh: false,
        boundToParent: false,
        ports: 'known',
        variables,
        progress,
      });
      try {
        const product = options.serversOnly
          ? undefined
          : await startProduct({
              stack,
              createTopics,
              preset: options.preset ?? null,
              apiPort: 'known',
              variables,
              progress,
            });
        process.stdout.write(addresses(stack, product));
      } finally {
        await stack.close();
      }
      process.stdout.write(
        `\nReady after ${durationText(performance.now() - startedAt)}. ` +
          '`sentinel status` looks at it, `sentinel down` stops it.\n',
      );
    });
}

function addresses(stack: Stack, product: Product | undefined): string {
  const servers = stack.servers.map(({ kind, address, origin }) => [kind.title, address, origin]);
  const rows = stack.temporalUiUrl === undefined ? [] : [['Temporal Web UI', stack.temporalUiUrl]];
  if (product !== undefined) rows.push(['API', product.apiUrl]);
  return columns([...servers, ...rows, ['Logs', stack.instance.logs]]);
}
