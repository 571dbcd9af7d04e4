import { effectiveAt } from '#test/effective-at.ts';
import type { PlacedCommand } from '#test/effective-at.ts';
import type { CountedDecision } from '#test/order-ledger.ts';
import type { BenchContext, Benchmark, Row } from '../benchmark.ts';
import { WrongResultError } from '../benchmark.ts';
import { KillDesk } from '../kill-desk.ts';
import type { TimedKill } from '../kill-desk.ts';
import { OrderWatch, reckoningText } from '../order-watch.ts';
import { accountIdOf } from '../population.ts';
import type { PopulationPlan } from '../population.ts';
import { quantilesOf } from '../quantiles.ts';
import { countText, latencyText, msText } from '../words.ts';
import { ENGINE, inWorld, pidOf } from '../world.ts';
import type { World } from '../world.ts';

const PLAN: PopulationPlan = { accounts: 1_000, positions: 4, symbols: 50 };
const GATES = ['order-gate', 'order-gate-2', 'order-gate-3'] as const;
const PAUSED = 'order-gate-3';
/** A kill needs no Temporal: neither the worker nor the way to killswitch.state.v1 runs. */
const OTHERS = ['api', 'venue-adapter', ...GATES] as const;
/** The gates and the venue adapter. */
const LEASES = GATES.length + 1;
const START_MS_MAX = 60_000;
const LOOK_MS = 500;
/** What is seen is told by the broker's timestamps, however late it is fetched. */
const WATCH_PAUSE_MS = 50;
const SETTLED_MS_MAX = 60_000;

/** Operators kill account after account while all of these order. */
interface Kills {
  readonly round: string;
  readonly first: number;
  readonly count: number;
  readonly everyMs: number;
  readonly flowPerS: number;
}
/** Processes and a broker that have just started compile their hot code. */
const WARM_UP: Kills = { round: 'warm', first: 600, count: 120, everyMs: 250, flowPerS: 300 };
const KILLS: Kills = { round: 'kills', first: 0, count: 200, everyMs: 250, flowPerS: 200 };
const KILLS_QUICK = 40;
/** The same with one gate paused. */
const PAUSES = { first: 200, count: 10, quick: 3, flowPerS: 100, flowS: 40, quickS: 15 } as const;
/** Accounts whose own orders are a breach: the threshold of the shipped policy is 100 in 60 s. */
const BREACHES = {
  round: 'breach',
  first: 300,
  count: 200,
  quick: 40,
  inARow: 105,
  perS: 500,
};
/** For an order monitor that has just started. */
const WARM_BREACHES = { ...BREACHES, round: 'warm-breach', first: 750, count: 30, quick: 30 };
const BREACH_ORDER = 101;
/** With an order of this one the order monitor shows that it watches. */
const FIRST_WATCHED = 999;

const KILL_MS_MAX = 250;
/** A lease, how long what passes stays valid (policies/gate.json), and the kill itself. */
const PAUSED_MS_MAX = 1_000 + 1_000 + KILL_MS_MAX;
const BREACH_MS_MAX = 500;

/** How soon a kill is effective, and that nothing is executed after it. */
export const killSwitch: Benchmark = {
  name: 'kill-switch',
  title: 'a kill → effective on all gates',
  run: (context) => inWorld(context, 'kill-switch', PLAN, (world) => measure(context, world)),
};

interface Bench {
  readonly world: World;
  readonly watch: OrderWatch;
  readonly desk: KillDesk;
  readonly gatePid: number;
  readonly quick: boolean;
}

async function measure({ quick }: BenchContext, world: World): Promise<readonly Row[]> {
  await world.start(ENGINE);
  await world.engine.untilRevalued(1, START_MS_MAX);
  await world.generator.do({ kind: 'REQUOTE' });
  const product = await world.start(...OTHERS);
  const watch = new OrderWatch(world.watch(WATCH_PAUSE_MS));
  await watch.follow();
  const desk = await KillDesk.open(product);
  await desk.untilLeases(LEASES);
  const bench = { world, watch, desk, gatePid: pidOf(product, PAUSED), quick };
  const warmUp = await killAll(bench, WARM_UP);
  const count = quick ? KILLS_QUICK : KILLS.count;
  const byOperator = await killAll(bench, { ...KILLS, count });
  const withPause = await killWithPause(bench);
  await world.start('order-monitor');
  const first = await untilWatched(world, watch);
  const warmBreaches = await breachAll(bench, WARM_BREACHES);
  const ofBreaches = await breachAll(bench, BREACHES);
  const all = [warmUp, byOperator, withPause, warmBreaches, ofBreaches];
  const sent = all.reduce((sum, one) => sum + one.sent, first);
  const reckoning = await watch.reconciled(sent, SETTLED_MS_MAX);
  const acknowledged = all.flatMap(({ kills }) => kills);
  const late = executedAfter(watch, acknowledged);
  return [
    latencyRow(byOperator),
    pausedRow(withPause),
    breachRow(ofBreaches),
    {
      figure: 'orders executed after an acknowledged kill',
      target: '0',
      measured: countText(late),
      met: late === 0,
      yardstick: null,
      conditions:
        `of the ${countText(acknowledged.length)} accounts that were killed above, which went on ordering; ` +
        `by the broker’s timestamps on executions.v1; ${reckoningText(reckoning)}, one decision and one audit each`,
    },
  ];
}

/** A kill of an account and the instant of its acknowledgement, Unix ms. */
interface Acknowledged {
  readonly accountId: string;
  readonly at: number;
}

interface Measured {
  readonly kills: readonly Acknowledged[];
  /** ms */
  readonly took: readonly number[];
  /** Where the time went, in words. */
  readonly way: string;
  /** Orders that were sent meanwhile. */
  readonly sent: number;
}

async function killAll(bench: Bench, kills: Kills): Promise<Measured> {
  const { world, desk } = bench;
  const { round: name, first, count, everyMs, flowPerS } = kills;
  const sent = Math.ceil((count * everyMs * flowPerS) / 1_000);
  const accounts = { first, count, inARow: 1 };
  const round = { round: name, ratePerS: flowPerS, count: sent, accounts };
  const flow = world.generator.do({ kind: 'ORDERS', ...round });
  const timed: TimedKill[] = [];
  for (let index = 0; index < count; index += 1) {
    const next = pause(everyMs);
    timed.push(await desk.kill(scopeOf(first + index)));
    await next;
  }
  await flow;
  if (timed.some(({ killed }) => killed.applied !== LEASES)) {
    throw new WrongResultError('not every lease had applied every kill');
  }
  return measured(bench, timed, sent);
}

async function killWithPause(bench: Bench): Promise<Measured> {
  const { world, desk, gatePid, quick } = bench;
  const { first, flowPerS } = PAUSES;
  const count = quick ? PAUSES.quick : PAUSES.count;
  const sent = flowPerS * (quick ? PAUSES.quickS : PAUSES.flowS);
  const accounts = { first, count, inARow: 1 };
  const round = { round: 'paused', ratePerS: flowPerS, count: sent, accounts };
  const flow = world.generator.do({ kind: 'ORDERS', ...round });
  const timed: TimedKill[] = [];
  for (let index = 0; index < count; index += 1) {
    await desk.untilLeases(LEASES);
    process.kill(gatePid, 'SIGSTOP');
    try {
      timed.push(await desk.kill(scopeOf(first + index)));
    } finally {
      process.kill(gatePid, 'SIGCONT');
    }
  }
  await flow;
  if (timed.some(({ killed }) => killed.lapsed.length !== 1)) {
    throw new WrongResultError('a kill did not wait for the gate that was paused');
  }
  return measured(bench, timed, sent);
}

async function breachAll(bench: Bench, breaches: typeof BREACHES): Promise<Measured> {
  const { world, watch, quick } = bench;
  const { round, first, inARow, perS } = breaches;
  const count = quick ? breaches.quick : breaches.count;
  const sent = count * inARow;
  const accounts = { first, count, inARow };
  await world.generator.do({ kind: 'ORDERS', round, ratePerS: perS, count: sent, accounts });
  const kills = Array.from({ length: count }, (_, index) => accountIdOf(first + index));
  const effects = (): (Acknowledged & { readonly took: number })[] =>
    kills.flatMap((accountId) => effectOfBreach(watch, accountId));
  const deadline = Date.now() + SETTLED_MS_MAX;
  while (effects().length < count) {
    if (Date.now() > deadline) {
      const some = `${String(effects().length)} of ${String(count)}`;
      throw new WrongResultError(`${some} breaches led to a kill on every lease`);
    }
    await pause(LOOK_MS);
  }
  const all = effects();
  return { kills: all, took: all.map(({ took }) => took), sent, way: breachWay(bench, kills) };
}

/** Of breaches: until the gate had decided on the order, the monitor had commanded, all had applied it. */
function breachWay({ watch }: Bench, accountIds: readonly string[]): string {
  const decidedAt = new Map<string, CountedDecision[]>();
  for (const each of watch.ledger.decisions()) {
    const accountId = each.decision.order?.account_id ?? '';
    const before = decidedAt.get(accountId);
    if (before === undefined) decidedAt.set(accountId, [each]);
    else before.push(each);
  }
  const steps = accountIds.flatMap((accountId) => {
    const command = commandOn(watch, accountId);
    const arrivedAt = watch.arrivalsOf(accountId)[BREACH_ORDER - 1];
    const decided = decidedAt.get(accountId)?.[BREACH_ORDER - 1];
    if (command === undefined || arrivedAt === undefined || decided === undefined) return [];
    return [[decided.at - arrivedAt, command.at - decided.at, ...leaseDelays(watch, command)]];
  });
  return wayText(['to the decision', 'to the command', ...LEASE_STEPS], steps);
}

const LEASE_STEPS = ['on the gates', 'on the venue adapter'] as const;

/** From a command to the last gate and to the venue adapter that has applied it, ms. */
function leaseDelays({ leases }: OrderWatch, command: PlacedCommand): number[] {
  return (['GATE', 'VENUE'] as const).map((kind) => {
    const { at } = effectiveAt(
      leases.filter(({ lease }) => lease.kind === kind),
      command,
    );
    return (at ?? command.at) - command.at;
  });
}

/** `p50/p99 of the way: to the decision 3/9 ms, …`. */
function wayText(names: readonly string[], steps: readonly (readonly number[])[]): string {
  const parts = names.map((name, index) => {
    const { p50, p99 } = quantilesOf(steps.map((each) => each[index] ?? 0));
    return `${name} ${msText(p50)} / ${msText(p99)}`;
  });
  return `p50 / p99 of the way: ${parts.join(', ')}`;
}

function commandOn({ commands }: OrderWatch, accountId: string) {
  return commands.find(({ record }) => record.scope === `ACCOUNT:${accountId}`);
}

/** The order monitor has read what was ordered before, and tells of what is ordered now. Orders sent. */
async function untilWatched(world: World, watch: OrderWatch): Promise<number> {
  const accounts = { first: FIRST_WATCHED, count: 1, inARow: 1 };
  await world.generator.do({ kind: 'ORDERS', round: 'first', ratePerS: 1, count: 1, accounts });
  const scope = `ACCOUNT:${accountIdOf(FIRST_WATCHED)}`;
  if (await watch.until(START_MS_MAX, () => watch.signalled.has(scope))) return 1;
  throw new WrongResultError('the order monitor tells nothing');
}

/** From the arrival of the order that is the breach to the last lease that has applied the kill. */
function effectOfBreach(
  watch: OrderWatch,
  accountId: string,
): (Acknowledged & { readonly took: number })[] {
  const command = commandOn(watch, accountId);
  const breachAt = watch.arrivalsOf(accountId)[BREACH_ORDER - 1];
  if (command === undefined || breachAt === undefined) return [];
  const { leases, at } = effectiveAt(watch.leases, command);
  return leases < LEASES || at === null ? [] : [{ accountId, at, took: at - breachAt }];
}

function executedAfter({ ledger }: OrderWatch, kills: readonly Acknowledged[]): number {
  const at = new Map(kills.map((each) => [each.accountId, each.at]));
  return ledger.executions().filter((each) => each.at > (at.get(each.accountId) ?? Infinity))
    .length;
}

/** `watch` has read on to where the last of them is on every lease. */
async function measured(
  { watch }: Bench,
  timed: readonly TimedKill[],
  sent: number,
): Promise<Measured> {
  await watch.caughtUp();
  const steps = timed.flatMap(({ killed }) => {
    const command = watch.commands.find(({ record }) => record.cmd_id === killed.cmd_id);
    return command === undefined ? [] : [leaseDelays(watch, command)];
  });
  return {
    way: wayText(LEASE_STEPS, steps),
    kills: timed.map(({ killed, answeredAt }) => ({
      accountId: killed.scope.slice('ACCOUNT:'.length),
      at: answeredAt,
    })),
    took: timed.map(({ tookMs }) => tookMs),
    sent,
  };
}

function latencyRow({ kills, took, way }: Measured): Row {
  const quantiles = quantilesOf(took);
  return {
    figure: `operator kill → effective, ${String(GATES.length)} gates live`,
    target: `p99 ≤ ${String(KILL_MS_MAX)} ms`,
    measured: latencyText(quantiles),
    met: quantiles.p99 <= KILL_MS_MAX,
    yardstick: null,
    conditions:
      `${String(kills.length)} kills of an account after ${String(WARM_UP.count)} to warm up, one each ${String(KILLS.everyMs)} ms, at ` +
      `${String(KILLS.flowPerS)} orders/s of these accounts; POST /kill from the request to the answer: ` +
      `applied on ${String(LEASES)} of ${String(LEASES)} leases, one of them the venue adapter’s; ` +
      `with the engine, without the worker, which no kill needs; ${way}`,
  };
}

function pausedRow({ kills, took }: Measured): Row {
  const { max } = quantilesOf(took);
  return {
    figure: 'operator kill → effective, one gate paused',
    target: `≤ ${msText(PAUSED_MS_MAX)}`,
    measured: latencyText(quantilesOf(took)),
    met: max <= PAUSED_MS_MAX,
    yardstick: null,
    conditions:
      `${String(kills.length)} kills, each while one of ${String(GATES.length)} gates stands still (SIGSTOP): its lease ` +
      'of 1 s, what it may have let pass valid for 1 s more, and the 250 ms of a kill; ' +
      `at ${String(PAUSES.flowPerS)} orders/s`,
  };
}

function breachRow({ kills, took, way }: Measured): Row {
  const quantiles = quantilesOf(took);
  return {
    figure: 'breach in the flow → effective',
    target: `p99 ≤ ${String(BREACH_MS_MAX)} ms`,
    measured: latencyText(quantiles),
    met: quantiles.p99 <= BREACH_MS_MAX,
    yardstick: null,
    conditions:
      `${String(kills.length)} accounts of ${String(BREACHES.inARow)} orders each after ${String(WARM_BREACHES.count)} to warm up, ${String(BREACHES.perS)} orders/s in all; from the ` +
      `broker’s timestamp of the ${String(BREACH_ORDER)}st order to that of the last lease that has applied the kill; ${way}`,
  };
}

function scopeOf(account: number): string {
  return `ACCOUNT:${accountIdOf(account)}`;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
