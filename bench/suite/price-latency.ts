import { TOPICS } from '#contracts/topics.ts';
import { toE4 } from '#contracts/wire.ts';
import type { BenchContext, Benchmark, Row } from '../benchmark.ts';
import { WrongResultError } from '../benchmark.ts';
import { calcOf } from '../expected-books.ts';
import { accountIdOf, heldSymbols, NARROW, priceE4Of, symbolOf, WIDE } from '../population.ts';
import type { PopulationPlan } from '../population.ts';
import { medianOf, quantilesOf } from '../quantiles.ts';
import type { Seen } from '../watch.ts';
import { countText, latencyText, msText } from '../words.ts';
import { ENGINE, inWorld, PARTITIONS } from '../world.ts';
import type { World } from '../world.ts';

const PLAN: PopulationPlan = { accounts: 10_000, positions: 4, symbols: 50 };
const START_MS_MAX = 60_000;
const DRAIN_MS_MAX = 30_000;

/** A series of moves of the same symbols. */
interface Series {
  readonly symbols: readonly number[];
  readonly count: number;
  readonly countQuick: number;
  readonly everyMs: number;
}

const EVERYTHING = Array.from({ length: PLAN.symbols }, (_, symbol) => symbol);
const NARROW_TICKS: Series = { symbols: [NARROW], count: 20, countQuick: 6, everyMs: 700 };
const WIDE_TICKS: Series = { symbols: [WIDE], count: 6, countQuick: 2, everyMs: 2_500 };
const ALL_AT_ONCE: Series = { symbols: EVERYTHING, count: 6, countQuick: 2, everyMs: 3_000 };
/** Not measured: until the engine's hot code is compiled. */
const WARM_UP: Series = { symbols: EVERYTHING, count: 2, countQuick: 1, everyMs: 2_000 };

/** A move that has reached everybody whom it concerns. */
interface Move {
  readonly latenciesMs: readonly number[];
  /** Until the last of them. */
  readonly allOutMs: number;
}

/** How soon a price is in the figures of all who hold it. */
export const priceLatency: Benchmark = {
  name: 'price-latency',
  title: 'price → margin.calc.v1',
  run: (context) => inWorld(context, 'price-latency', PLAN, (world) => measure(context, world)),
};

async function measure({ quick }: BenchContext, world: World): Promise<readonly Row[]> {
  await world.start(ENGINE);
  await world.engine.untilRevalued(1, START_MS_MAX);
  let firstMove = 1;
  const play = async (series: Series): Promise<Move[]> => {
    const count = quick ? series.countQuick : series.count;
    const moves = await playSeries(world, series, firstMove, count);
    firstMove += count;
    return moves;
  };
  await play(WARM_UP);
  const narrow = await play(NARROW_TICKS);
  const wide = await play(WIDE_TICKS);
  const all = await play(ALL_AT_ONCE);
  return [tickRow(narrow, 400), tickRow(wide, 2_000), allRow(all)];
}

/** Moves prices and matches each move with the figures of its holders. */
async function playSeries(
  world: World,
  { symbols, everyMs }: Series,
  firstMove: number,
  count: number,
): Promise<Move[]> {
  const watch = world.watch();
  const seen: Seen[] = [];
  let live = false;
  await watch.start([TOPICS.prices.name, TOPICS.marginCalc.name], (each) => {
    if (live) seen.push(each);
  });
  await watch.caughtUp();
  live = true;
  await world.generator.do({ kind: 'TICKS', symbols: [...symbols], firstMove, count, everyMs });
  await world.engine.untilApplied(world.ends, DRAIN_MS_MAX);
  await watch.caughtUp();
  await watch.stop();
  return movesOf(seen, symbols, firstMove, count);
}

/** Sorted by when the moves were due. */
function movesOf(
  seen: readonly Seen[],
  symbols: readonly number[],
  firstMove: number,
  count: number,
): Move[] {
  const dueAt = dueInstants(seen, symbols[0] ?? 0);
  if (dueAt.length !== count) throw new WrongResultError(`${dueAt.length} of ${count} moves`);
  const holders = holdersOf(symbols);
  const waiting = dueAt.map((at) => ({
    at,
    latenciesMs: [] as number[],
    missing: new Set(holders),
  }));
  const names = new Set(symbols.map(symbolOf));
  for (const { record, seenAt } of seen) {
    if (record.topic !== TOPICS.marginCalc.name) continue;
    const { account_id: accountId, positions } = calcOf(record.value);
    const concerned = positions.filter(({ symbol }) => names.has(symbol));
    for (const move of waiting) {
      const included = concerned.every(({ price_ts: pricedAt }) => (pricedAt ?? 0) >= move.at);
      if (included && move.missing.delete(accountId)) move.latenciesMs.push(seenAt - move.at);
    }
  }
  requireLastPrices(seen, names, firstMove + count - 1);
  return waiting.map(({ latenciesMs, missing }) => {
    if (missing.size > 0) throw new WrongResultError(`${missing.size} holders had no figures`);
    return { latenciesMs, allOutMs: Math.max(...latenciesMs) };
  });
}

function dueInstants(seen: readonly Seen[], symbol: number): number[] {
  return seen
    .filter(({ record }) => record.topic === TOPICS.prices.name && record.key === symbolOf(symbol))
    .map(({ record }) => TOPICS.prices.schema.parse(JSON.parse(String(record.value))).timestamp);
}

/** The accounts that hold any of the symbols. */
function holdersOf(symbols: readonly number[]): string[] {
  const wanted = new Set(symbols);
  return Array.from({ length: PLAN.accounts }, (_, account) => account)
    .filter((account) => heldSymbols(PLAN, account).some((symbol) => wanted.has(symbol)))
    .map(accountIdOf);
}

/** The last figures of every account carry the last prices and equity = cash + market values. */
function requireLastPrices(seen: readonly Seen[], names: ReadonlySet<string>, move: number): void {
  const last = new Map<string, Seen>();
  for (const each of seen) {
    if (each.record.topic === TOPICS.marginCalc.name) last.set(each.record.key ?? '', each);
  }
  for (const { record } of last.values()) {
    const calc = calcOf(record.value);
    let equityE4 = toE4(calc.cash);
    for (const { symbol, price, market_value: value } of calc.positions) {
      equityE4 += toE4(value ?? NaN);
      if (names.has(symbol) && toE4(price ?? 0) !== priceE4Of(Number(symbol.slice(1)), move)) {
        throw new WrongResultError(`${calc.account_id}: ${symbol} is not at its last price`);
      }
    }
    if (equityE4 !== toE4(calc.equity ?? NaN)) {
      throw new WrongResultError(`${calc.account_id}: equity is not cash plus market values`);
    }
  }
}

const CLOCK =
  'from the instant at which a price was due to be sent to its receipt in figures by a reader of ' +
  'committed records; every holder of every tick counted, sums checked';

function tickRow(moves: readonly Move[], p99MsMax: number): Row {
  const latencies = quantilesOf(moves.flatMap(({ latenciesMs }) => latenciesMs));
  const holders = moves[0]?.latenciesMs.length ?? 0;
  return {
    figure: `price tick → margin.calc.v1, ${countText(holders)} holders`,
    target: `p99 ≤ ${p99MsMax < 1_000 ? `${p99MsMax} ms` : `${p99MsMax / 1_000} s`}`,
    measured: latencyText(latencies),
    met: latencies.p99 <= p99MsMax,
    yardstick: null,
    conditions:
      `${String(moves.length)} ticks of one symbol, ${countText(PLAN.accounts)} accounts × ` +
      `${String(PLAN.positions)}, ${String(PARTITIONS)} partitions; ${CLOCK}`,
  };
}

function allRow(moves: readonly Move[]): Row {
  const out = moves.map(({ allOutMs }) => allOutMs);
  const worst = Math.max(...out);
  return {
    figure: `all ${String(PLAN.symbols)} prices at once → all figures out`,
    target: '≤ 1 s',
    measured: `median ${msText(medianOf(out))} · worst ${msText(worst)}`,
    met: worst <= 1_000,
    yardstick: '3.1 s, repaired 3.5 s',
    conditions:
      `${String(moves.length)} times, ${countText(PLAN.accounts)} accounts × ${String(PLAN.positions)}; until the last ` +
      `account’s figures; ${CLOCK}`,
  };
}
