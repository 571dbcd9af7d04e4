import type { Command } from 'commander';
import { Narrator } from '#demo/expectations.ts';
import { writeResult } from '#demo/market-2020/result-file.ts';
import type { MarketResult } from '#demo/market-2020/result.ts';
import { play } from '#demo/play.ts';
import { readPrivateKey } from '#platform/identity/keys.ts';
import { mintToken } from '#platform/identity/mint-token.ts';
import { createTopics } from '#platform/kafka/topics.ts';
import { openStack } from '#stack/open-stack.ts';
import type { Stack } from '#stack/open-stack.ts';
import { startProduct } from '#stack/product.ts';
import type { Product } from '#stack/product.ts';
import { streamProgress } from '#stack/progress.ts';

const TOKEN_LIFETIME_MS = 3_600_000;
/** 128 + SIGINT, as shells have it. */
const EXIT_INTERRUPTED = 130;
const KEEP_ALIVE_MS = 1_000;

const HELP = `
The demo has a stack of its own, with empty data and free ports, and leaves nothing behind.
With a terminal it stays up after the stories until Ctrl-C.

Exit codes:
  0  every expectation held    1  one did not, or something could not be started

Examples:
  sentinel demo
  sentinel demo --exit
  sentinel demo --exit --market-result docs/market-2020.json
`;

interface DemoOptions {
  readonly exit: boolean;
  readonly marketResult?: string;
}

/** Adds `demo` to the command line. */
export function register(program: Command): void {
  program
    .command('demo')
    .description('start a stack, play the stories, check every figure')
    .option('--exit', 'stop after the stories even with a terminal', false)
    .option('--market-result <file>', 'write what became of the book of the last story, as JSON')
    .addHelpText('after', HELP)
    .action(async ({ exit, marketResult }: DemoOptions) => {
      process.exitCode = await runDemo(!exit && process.stdout.isTTY, marketResult);
    });
}

async function runDemo(stays: boolean, marketFile: string | undefined): Promise<number> {
  const startedAt = Date.now();
  const progress = streamProgress(process.stderr);
  const variables = demoVariables(process.env);
  const stack = await openStack({
    instance: 'demo',
    fresh: true,
    boundToParent: true,
    ports: 'free',
    variables,
    progress,
  });
  const interrupted = untilInterrupted();
  let product: Product | undefined;
  try {
    product = await startProduct({
      stack,
      createTopics,
      preset: 'demo',
      apiPort: 'free',
      variables,
      progress,
    });
    const ms = Date.now() - startedAt;
    tellWhere(stack, product, `Everything is up after ${(ms / 1000).toFixed(1)} s.`);
    const narrator = new Narrator(process.stdout);
    const stories = playOn(stack, product, narrator, interrupted.happened, marketFile);
    await Promise.race([stories, interrupted.promise]);
    if (interrupted.happened()) {
      process.stdout.write('\nInterrupted: stopping what was started.\n');
      return EXIT_INTERRUPTED;
    }
    const crashed = product.ended();
    for (const { name, how, logFile } of crashed) {
      narrator.check(`${name} runs to the end`, 'yes', `${how}, see ${logFile}`);
    }
    tellResult(narrator);
    if (stays) {
      tellWhere(stack, product, 'It stays up for you to look around. Ctrl-C stops it.');
      await interrupted.promise;
    }
    return narrator.broken.length === 0 ? 0 : 1;
  } finally {
    interrupted.stop();
    await product?.close();
    await stack.close();
  }
}

async function playOn(
  stack: Stack,
  product: Product,
  narrator: Narrator,
  interrupted: () => boolean,
  marketFile: string | undefined,
): Promise<void> {
  let market: MarketResult | undefined;
  const { environment } = product;
  const key = await readPrivateKey(environment.SENTINEL_JWT_PRIVATE_KEY_FILE ?? '');
  const feed = { subject: 'demo-feed', roles: ['feed'] } as const;
  await play(
    {
      apiUrl: product.apiUrl,
      feedToken: await mintToken(feed, key, Date.now(), TOKEN_LIFETIME_MS),
      tokenOf: (role, subject) =>
        mintToken({ subject, roles: [role] }, key, Date.now(), TOKEN_LIFETIME_MS),
      kafkaBrokers: stack.kafkaBrokers.split(','),
      topicPrefix: environment.SENTINEL_TOPIC_PREFIX ?? '',
      temporalUiUrl: stack.temporalUiUrl,
      temporalNamespace: environment.TEMPORAL_NAMESPACE ?? 'default',
    },
    narrator,
    interrupted,
    (result) => {
      market = result;
    },
  );
  if (marketFile !== undefined && market !== undefined) await writeResult(marketFile, market);
}

/** On servers that were given the demo keeps to topics, cases and tables of its own. */
function demoVariables(variables: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const given =
    variables.KAFKA_BROKERS ?? variables.TEMPORAL_ADDRESS ?? variables.DYNAMODB_ENDPOINT;
  if (given === undefined || variables.SENTINEL_TOPIC_PREFIX !== undefined) return variables;
  return { ...variables, SENTINEL_TOPIC_PREFIX: `demo-${String(Date.now())}.` };
}

function tellWhere(stack: Stack, product: Product, headline: string): void {
  const lines = [
    '',
    headline,
    `  Temporal Web UI  ${stack.temporalUiUrl ?? 'not known: set TEMPORAL_UI_URL'}`,
    `  API              ${product.apiUrl}`,
    `  Kafka            ${stack.kafkaBrokers}`,
    `  logs             ${stack.instance.logs}`,
    `  notices          ${product.environment.SENTINEL_NOTICE_FILE ?? ''}`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

function tellResult(narrator: Narrator): void {
  const all = narrator.expectations.length;
  const broken = narrator.broken;
  narrator.title(
    broken.length === 0
      ? `All ${String(all)} expectations held.`
      : `${String(broken.length)} of ${String(all)} expectations did not hold:`,
  );
  for (const { what, expected, seen } of broken) {
    narrator.note(`${what}: ${seen}, expected ${expected}`);
  }
}

/** Ctrl-C ends the demo in order: a first one stops it, what it started is stopped too. */
function untilInterrupted(): { promise: Promise<void>; happened: () => boolean; stop(): void } {
  let happened = false;
  // A pending promise does not keep Node alive; a timer does.
  const alive = setInterval(() => undefined, KEEP_ALIVE_MS);
  const promise = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        happened = true;
        resolve();
      });
    }
  });
  return {
    promise,
    happened: () => happened,
    stop: () => {
      clearInterval(alive);
    },
  };
}
