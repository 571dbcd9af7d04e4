import process from 'node:process';
import { Option } from 'commander';
import type { Command } from 'commander';
import { decodeRecord } from '#contracts/decode-record.ts';
import { priceSchema } from '#contracts/ingest.ts';
import { acceptedSchema, accountListSchema, BATCH_RECORDS_MAX } from '#contracts/rest.ts';
import { TOPICS } from '#contracts/topics.ts';
import type { KafkaSurroundings } from '#platform/kafka/client.ts';
import { createLogReader } from '#platform/kafka/log-reader.ts';
import { connectApi } from '../api-client.ts';
import type { ApiClient } from '../api-client.ts';
import { findApi } from '../api-place.ts';
import type { ApiPlace } from '../api-place.ts';
import { durationOption } from '../duration-option.ts';
import { Failure } from '../failure.ts';
import { integerOption } from '../integer-option.ts';
import { findKafka } from '../kafka-place.ts';
import { OrderFlow } from '../order-flow.ts';
import type { FlowMode } from '../order-flow.ts';

const NORMAL_RATE = 5;
const PANIC_RATE = 50;
const RATE_MAX = 5_000;
const DURATION_DEFAULT_MS = 60_000;
/** The account that panics in the reference. */
const PANIC_ACCOUNT = '12345';
const ACCOUNTS_MAX = 50;
const PRICES_TIMEOUT_MS = 30_000;
/** Orders go out so often, as many as are due. */
const TURN_MS = 20;
/** Requests under way at once: beyond them the generator falls behind and says so. */
const REQUESTS_MAX = 20;

const HELP = `
normal: so many orders a second, by the accounts that there are, over all symbols that have a price.
panic: one account buys one symbol, again and again: an algorithm that has run away.

The orders go through POST /orders, as anybody's. What became of them: sentinel tail orders.gated.v1.

Examples:
  sentinel orders generate --duration 10m
  sentinel orders generate --mode panic --account 12345 --rate 50 --duration 120s
  sentinel orders generate --account ACC_1 --symbol NVDA --rate 100 --seed 7 --json
`;

interface GenerateOptions {
  readonly mode: FlowMode;
  readonly rate?: number;
  readonly account?: string;
  readonly symbol?: string;
  readonly duration: number;
  readonly seed: number;
  readonly json: boolean;
  readonly instance?: string;
}

/** What was sent. */
interface Sent {
  readonly orders: number;
  readonly seconds: number;
}

/** Adds `orders generate` to the command line. */
export function register(program: Command): void {
  program
    .command('orders')
    .description('orders as customers send them')
    .command('generate')
    .description('send a flow of orders, normal or in panic')
    .addOption(
      new Option('--mode <mode>', 'normal or panic').choices(['normal', 'panic']).default('normal'),
    )
    .option('--rate <count>', 'orders a second (5, in panic 50)', integerOption(1, RATE_MAX))
    .option('--account <id>', 'of this account only (in panic 12345)')
    .option('--symbol <symbol>', 'of this symbol only')
    .option('--duration <time>', 'for so long', durationOption(1), DURATION_DEFAULT_MS)
    .option('--seed <number>', 'the same flow again', integerOption(0, 4_294_967_295), 1)
    .option('--json', 'print what was sent as JSON', false)
    .option('--instance <name>', 'of this instance')
    .addHelpText('after', HELP)
    .action(async (options: GenerateOptions, command: Command) => {
      const place = await findApi(process.env, options.instance);
      const prices = await lastPrices(await findKafka(process.env, options.instance));
      const symbols = options.symbol === undefined ? [...prices.keys()] : [options.symbol];
      const missing = symbols.find((symbol) => !prices.has(symbol)) ?? null;
      if (missing !== null || symbols.length === 0) {
        throw new Failure(
          `${missing ?? 'No symbol'} has no price.`,
          'Send one to POST /prices first.',
        );
      }
      const flow = new OrderFlow({
        mode: options.mode,
        accounts: await accountsOf(place, options),
        symbols,
        seed: options.seed,
        run: `GEN-${Date.now().toString(36)}`,
        priceOf: (symbol) => prices.get(symbol) ?? 0,
      });
      const rate = options.rate ?? (options.mode === 'panic' ? PANIC_RATE : NORMAL_RATE);
      const api = await connectApi(place, 'feed');
      const sent = await send(api, flow, rate, options.duration);
      const { orders, seconds } = sent;
      command
        .configureOutput()
        .writeOut?.(
          options.json
            ? `${JSON.stringify(sent)}\n`
            : `Sent ${String(orders)} orders in ${seconds.toFixed(1)} s.\n`,
        );
    });
}

async function accountsOf(
  place: ApiPlace,
  { account, mode }: GenerateOptions,
): Promise<readonly string[]> {
  if (account !== undefined) return [account];
  if (mode === 'panic') return [PANIC_ACCOUNT];
  const api = await connectApi(place, 'viewer');
  const { accounts } = await api.get(`/accounts?limit=${String(ACCOUNTS_MAX)}`, accountListSchema);
  if (accounts.length > 0) return accounts.map(({ account_id: id }) => id);
  throw new Failure('There is no account that could trade.', 'Send cash to POST /cash first.');
}

/** The last price of each symbol that has one. */
async function lastPrices(kafka: KafkaSurroundings): Promise<Map<string, number>> {
  const prices = new Map<string, number>();
  const reader = createLogReader(kafka, { onFatal: () => undefined });
  try {
    await reader.start([TOPICS.prices.name], (records) => {
      for (const { value } of records) {
        const decoded = decodeRecord(priceSchema, value, null);
        if (decoded.ok) prices.set(decoded.record.symbol, decoded.record.price);
      }
    });
    await reader.caughtUp(PRICES_TIMEOUT_MS);
  } finally {
    await reader.stop();
  }
  return prices;
}

/** Sends as many as are due, turn by turn. Throws the first Failure. */
async function send(
  api: ApiClient,
  flow: OrderFlow,
  rate: number,
  durationMs: number,
): Promise<Sent> {
  const begun = performance.now();
  const underWay = new Set<Promise<unknown>>();
  const total = Math.ceil((rate * durationMs) / 1_000);
  let orders = 0;
  let failure: Error | undefined;
  while (orders < total && failure === undefined) {
    const elapsedMs = performance.now() - begun;
    const due = Math.min(total, 1 + Math.floor((rate * elapsedMs) / 1_000)) - orders;
    const batch = Array.from({ length: Math.min(due, BATCH_RECORDS_MAX) }, () =>
      flow.next(Date.now()),
    );
    orders += batch.length;
    if (batch.length > 0) {
      const sending = api
        .post('/orders', batch, acceptedSchema)
        .catch((error: unknown) => {
          failure ??= error instanceof Error ? error : new Error(String(error));
        })
        .finally(() => underWay.delete(sending));
      underWay.add(sending);
    }
    if (underWay.size >= REQUESTS_MAX) await Promise.race(underWay);
    await new Promise((resolve) => setTimeout(resolve, TURN_MS));
  }
  await Promise.all(underWay);
  if (failure !== undefined) throw failure;
  return { orders, seconds: (performance.now() - begun) / 1_000 };
}
