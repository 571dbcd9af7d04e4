import type { MarginCalcRecord } from '#contracts/margin-figures.ts';
import { loadPolicy } from '#platform/policies.ts';
import type { BenchContext, Benchmark, Row } from '../benchmark.ts';
import { WrongResultError } from '../benchmark.ts';
import { ExpectedBooks, lastFigures } from '../expected-books.ts';
import { priceE4Of } from '../population.ts';
import type { PopulationPlan } from '../population.ts';
import { usageOf } from '../process-usage.ts';
import type { ProcessUsage } from '../process-usage.ts';
import { countText, mebibytesText, msText } from '../words.ts';
import { ENGINE, inWorld, PARTITIONS, pidOf } from '../world.ts';
import type { World } from '../world.ts';

const PLAN: PopulationPlan = { accounts: 100_000, positions: 4, symbols: 50 };
const PLAN_QUICK: PopulationPlan = { ...PLAN, accounts: 20_000 };

const READY_MS_MAX = 60_000;
const REVALUED_MS_MAX = 90_000;

/** How long the broker is without figures when its engine crashes. */
export const restart: Benchmark = {
  name: 'restart',
  title: 'restart of the engine after a crash',
  run: (context) => {
    const plan = context.quick ? PLAN_QUICK : PLAN;
    return inWorld(context, 'restart', plan, (world) => measure(context, world, plan));
  },
};

async function measure(
  { quick }: BenchContext,
  world: World,
  plan: PopulationPlan,
): Promise<readonly Row[]> {
  const product = await world.start(ENGINE);
  // In the middle of its work, with transactions open and a place in the group.
  await product.kill(ENGINE);
  const startedAt = Date.now();
  await product.start(ENGINE);
  const readyMs = Date.now() - startedAt;
  const revaluedMs = (await world.engine.untilRevalued(2, REVALUED_MS_MAX)) - startedAt;
  const usage = await usageOf(pidOf(product, ENGINE));
  check(await lastFigures(world), plan);
  return [row(plan, quick, readyMs, revaluedMs, usage)];
}

/** Every account has figures of the new owner, and they are right. */
function check(calcs: ReadonlyMap<string, MarginCalcRecord>, plan: PopulationPlan): void {
  for (const { account_id: accountId, generation } of calcs.values()) {
    if (generation < 3) throw new WrongResultError(`${accountId} was not revalued`);
  }
  const priceE4 = (symbol: string): number => priceE4Of(Number(symbol.slice(1)), 0);
  new ExpectedBooks(plan).check(calcs, priceE4, loadPolicy('house'));
}

function row(
  plan: PopulationPlan,
  quick: boolean,
  readyMs: number,
  revaluedMs: number,
  usage: ProcessUsage | null,
): Row {
  const memory = usage === null ? '' : `; ${mebibytesText(usage.rssMaxBytes)} resident at most`;
  return {
    figure: `engine restart with ${countText(plan.accounts)} accounts`,
    target: quick ? null : 'ready in ≤ 60 s',
    measured: `ready ${msText(readyMs)} · every account revalued ${msText(revaluedMs)}`,
    met: quick ? null : revaluedMs <= READY_MS_MAX,
    yardstick: 'first output after 15–21 s, without state',
    conditions:
      `kill -9 of a running engine, then a new process; ${countText(plan.accounts)} accounts × ` +
      `${String(plan.positions)} and ${countText(plan.accounts * (plan.positions + 1))} counted ids on ` +
      `${String(PARTITIONS)} partitions; to the ready line, and until each partition’s heartbeat says that all ` +
      `accounts have fresh figures, which is what the target is held against${memory}; all accounts checked`,
  };
}
