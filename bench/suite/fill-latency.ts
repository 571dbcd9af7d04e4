import type { MarginCalcRecord } from '#contracts/margin-figures.ts';
import { TOPICS } from '#contracts/topics.ts';
import { loadPolicy } from '#platform/policies.ts';
import type { BenchContext, Benchmark, Row } from '../benchmark.ts';
import { WrongResultError } from '../benchmark.ts';
import { calcOf, ExpectedBooks, lastFigures } from '../expected-books.ts';
import { fillOf } from '../fills.ts';
import { priceE4Of } from '../population.ts';
import type { PopulationPlan } from '../population.ts';
import { quantilesOf } from '../quantiles.ts';
import type { Seen } from '../watch.ts';
import { watchCpu } from '../process-usage.ts';
import { countText, latencyText } from '../words.ts';
import { ENGINE, inWorld, PARTITIONS, pidOf } from '../world.ts';
import type { World } from '../world.ts';

const PLAN: PopulationPlan = { accounts: 10_000, positions: 4, symbols: 50 };
const RATE_PER_S = 500;
const DURATION_S = 30;
const DURATION_QUICK_S = 8;
/**
 * Engine and broker compile their hot code at first: users meet some that have run for a while. A broker's
 * compiler takes a third of a core for 45 s of this flow.
 */
const WARM_UP_S = 60;

const P99_MS_MAX = 100;
const START_MS_MAX = 60_000;
const DRAIN_MS_MAX = 30_000;

/** How soon a fill is in its account's figures. */
export const fillLatency: Benchmark = {
  name: 'fill-latency',
  title: 'fill → margin.calc.v1',
  run: (context) => inWorld(context, 'fill-latency', PLAN, (world) => measure(context, world)),
};

async function measure({ quick }: BenchContext, world: World): Promise<readonly Row[]> {
  const engine = pidOf(await world.start(ENGINE), ENGINE);
  await world.engine.untilRevalued(1, START_MS_MAX);
  const seen: Seen[] = [];
  const watch = world.watch();
  await watch.start([TOPICS.fills.name, TOPICS.marginCalc.name], (each) => seen.push(each));
  await watch.caughtUp();

  const seconds = quick ? DURATION_QUICK_S : DURATION_S;
  const rounds = { 'warm-up': WARM_UP_S * RATE_PER_S, measured: seconds * RATE_PER_S };
  const send = (round: keyof typeof rounds): Promise<unknown> =>
    world.generator.do({ kind: 'FILLS', round, count: rounds[round], ratePerS: RATE_PER_S });
  await send('warm-up');
  const used = await watchCpu({ engine, broker: world.brokerPid });
  await send('measured');
  const cpu = await used();
  await world.engine.untilApplied(world.ends, DRAIN_MS_MAX);
  await watch.caughtUp();
  await check(world, rounds);
  const { endToEnd, byBroker } = latencies(seen, rounds.measured);
  const all = quantilesOf(endToEnd);
  return [
    {
      figure: 'fill → margin.calc.v1',
      target: 'p99 ≤ 100 ms at 500 fills/s',
      measured: latencyText(all),
      met: all.p99 <= P99_MS_MAX,
      yardstick: 'p50 3.4 s, p99 4.8–5.7 s',
      conditions:
        `${String(RATE_PER_S)} fills/s for ${String(seconds)} s on ${countText(PLAN.accounts)} accounts × ` +
        `${String(PLAN.positions)}, ${String(PARTITIONS)} partitions; from the instant at which a fill was due to be ` +
        'sent to its receipt in figures by a reader of committed records; between the broker’s own ' +
        `timestamps, without commit and reading: ${latencyText(quantilesOf(byBroker))}; ${cpu}; all sums checked`,
    },
  ];
}

async function check(world: World, rounds: Readonly<Record<string, number>>): Promise<void> {
  const books = new ExpectedBooks(PLAN);
  for (const [round, count] of Object.entries(rounds)) {
    for (let index = 0; index < count; index += 1) books.fill(fillOf(PLAN, round, index, 0));
  }
  const priceE4 = (symbol: string): number => priceE4Of(Number(symbol.slice(1)), 0);
  books.check(await lastFigures(world), priceE4, loadPolicy('house'));
}

interface Figures {
  readonly calc: MarginCalcRecord;
  readonly seen: Seen;
}

/** Of each fill of the measured round to the first figures of its account that include its offset, ms. */
function latencies(
  seen: readonly Seen[],
  count: number,
): { endToEnd: number[]; byBroker: number[] } {
  const figures = new Map<string, Figures[]>();
  for (const each of seen) {
    if (each.record.topic !== TOPICS.marginCalc.name) continue;
    const calc = calcOf(each.record.value);
    const ofAccount = figures.get(calc.account_id) ?? [];
    ofAccount.push({ calc, seen: each });
    figures.set(calc.account_id, ofAccount);
  }
  const endToEnd: number[] = [];
  const byBroker: number[] = [];
  for (const { record } of seen) {
    if (record.topic !== TOPICS.fills.name) continue;
    const fill = TOPICS.fills.schema.parse(JSON.parse(String(record.value)));
    if (!fill.fill_id.startsWith('measured-')) continue;
    const first = figures
      .get(fill.account_id)
      ?.find(({ calc }) => calc.input_offsets['fills.v1'] > record.offset);
    if (first === undefined) throw new WrongResultError(`${fill.fill_id} is in no figures`);
    endToEnd.push(first.seen.seenAt - fill.timestamp);
    byBroker.push(first.seen.record.timestamp - record.timestamp);
  }
  if (endToEnd.length !== count) throw new WrongResultError(`${endToEnd.length} of ${count} fills`);
  return { endToEnd, byBroker };
}
