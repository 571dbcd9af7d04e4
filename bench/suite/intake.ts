import { loadPolicy } from '#platform/policies.ts';
import type { BenchContext, Benchmark, Row } from '../benchmark.ts';
import { ExpectedBooks, lastFigures } from '../expected-books.ts';
import { fillOf } from '../fills.ts';
import type { PopulationPlan } from '../population.ts';
import { priceE4Of } from '../population.ts';
import { usageOf, watchCpu } from '../process-usage.ts';
import type { ProcessUsage } from '../process-usage.ts';
import { countText, mebibytesText, msText, rateText } from '../words.ts';
import { ENGINE, inWorld, PARTITIONS, pidOf } from '../world.ts';
import type { World } from '../world.ts';

const PLAN: PopulationPlan = { accounts: 10_000, positions: 4, symbols: 50 };

const RECORDS_PER_S_MIN = 60_000;
const RSS_BYTES_MAX = 500e6;

const START_MS_MAX = 60_000;
const FLOOD_MS_MAX = 60_000;

interface Flood {
  readonly round: string;
  readonly fills: number;
  readonly prices: number;
}

interface Timed extends Flood {
  readonly perSecond: number;
  readonly tookMs: number;
  /** CPU time of the engine; null where it is not told. */
  readonly cpuMs: number | null;
  readonly cpu: string;
}

/** How much one engine process takes in, and what it needs for it. */
export const intake: Benchmark = {
  name: 'intake',
  title: 'intake of one engine process',
  run: (context) => inWorld(context, 'intake', PLAN, (world) => measure(context, world)),
};

async function measure({ quick }: BenchContext, world: World): Promise<readonly Row[]> {
  const engine = pidOf(await world.start(ENGINE), ENGINE);
  await world.engine.untilRevalued(1, START_MS_MAX);
  const atRest = await usageOf(engine);
  const floods = quick ? FLOODS_QUICK : FLOODS;
  const timed: Timed[] = [];
  let firstMove = 1;
  for (const flood of floods) {
    timed.push(await timeFlood(world, engine, flood, firstMove));
    firstMove += movesOf(flood);
  }
  await check(world, floods);
  return [...timed.map(intakeRow), memoryRow(atRest, await usageOf(engine))];
}

const FLOODS: readonly Flood[] = [
  { round: 'mixed', fills: 120_000, prices: 120_000 },
  { round: 'fills', fills: 60_000, prices: 0 },
  { round: 'prices', fills: 0, prices: 120_000 },
];
const FLOODS_QUICK: readonly Flood[] = [{ round: 'mixed', fills: 30_000, prices: 30_000 }];

/** From the commit that shows the backlog to the heartbeat that says all of it is in published figures. */
async function timeFlood(
  world: World,
  engine: number,
  flood: Flood,
  firstMove: number,
): Promise<Timed> {
  const { startedAt } = await world.generator.do({ kind: 'FLOOD', ...flood, firstMove });
  const used = await watchCpu({ engine, broker: world.brokerPid });
  const before = await usageOf(engine);
  const endedAt = await world.engine.untilApplied(world.ends, FLOOD_MS_MAX);
  const tookMs = endedAt - startedAt;
  const perSecond = ((flood.fills + flood.prices) / tookMs) * 1_000;
  const cpuMs = cpuBetween(before, await usageOf(engine));
  return { ...flood, perSecond, tookMs, cpuMs, cpu: await used() };
}

function cpuBetween(before: ProcessUsage | null, after: ProcessUsage | null): number | null {
  return before === null || after === null ? null : after.cpuMs - before.cpuMs;
}

/** With what a record costs the engine, which does not depend on what others do on its cores. */
function spentText({ fills, prices, cpuMs, cpu }: Timed): string {
  if (cpuMs === null) return cpu;
  const perRecordUs = (cpuMs * 1_000) / (fills + prices);
  return `${cpu}, ${perRecordUs.toFixed(1)} µs of the engine’s CPU time a record`;
}

function movesOf({ prices }: Flood): number {
  return Math.ceil(prices / PLAN.symbols);
}

/** Every account has its cash, its shares and the last prices. */
async function check(world: World, floods: readonly Flood[]): Promise<void> {
  const books = new ExpectedBooks(PLAN);
  for (const { round, fills } of floods) {
    for (let index = 0; index < fills; index += 1) books.fill(fillOf(PLAN, round, index, 0));
  }
  const moves = floods.reduce((sum, flood) => sum + movesOf(flood), 0);
  const priceE4 = (symbol: string): number => priceE4Of(Number(symbol.slice(1)), moves);
  books.check(await lastFigures(world), priceE4, loadPolicy('house'));
}

function intakeRow(timed: Timed): Row {
  const { round, fills, prices, perSecond, tookMs } = timed;
  const isMixed = round === 'mixed';
  const spent = spentText(timed);
  return {
    figure: isMixed ? 'intake: fills and prices, half each' : `intake: ${round} only`,
    target: isMixed ? '≥ 60 thousand/s, correct' : null,
    measured: rateText(perSecond),
    met: isMixed ? perSecond >= RECORDS_PER_S_MIN : null,
    yardstick: isMixed ? '17–31 thousand/s, sums wrong; repaired 23–35' : null,
    conditions:
      `${countText(fills)} fills, ${countText(prices)} prices in ${msText(tookMs)}; ${spent}; ` +
      `${countText(PLAN.accounts)} accounts × ${String(PLAN.positions)}, ` +
      `${String(PLAN.symbols)} symbols, ${String(PARTITIONS)} partitions; shown to a running engine at once ` +
      'by one commit; timed until its heartbeats say that all of it is in published figures; engine and ' +
      'broker on the same cores; every account checked against a plain fold',
  };
}

function memoryRow(atRest: ProcessUsage | null, after: ProcessUsage | null): Row {
  const conditions = `the same engine: ${countText(PLAN.accounts)} accounts × ${String(PLAN.positions)}; resident at its peak, in the floods`;
  const common = {
    figure: 'memory of that engine',
    target: '≤ 500 MB',
    yardstick: '4.7 GB, repaired 2.3 GB',
  };
  if (atRest === null || after === null) {
    return { ...common, measured: 'not measured: needs Linux', met: null, conditions };
  }
  return {
    ...common,
    measured: `${mebibytesText(after.rssMaxBytes)} at most, ${mebibytesText(atRest.rssBytes)} at rest`,
    met: after.rssMaxBytes <= RSS_BYTES_MAX,
    conditions,
  };
}
