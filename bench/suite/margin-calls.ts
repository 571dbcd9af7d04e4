import type { MarginCallRecord } from '#contracts/case-events.ts';
import { TOPICS } from '#contracts/topics.ts';
import { toE4 } from '#contracts/wire.ts';
import type { BenchContext, Benchmark, Row } from '../benchmark.ts';
import { WrongResultError } from '../benchmark.ts';
import { calcOf } from '../expected-books.ts';
import { accountIdOf } from '../population.ts';
import type { PopulationPlan } from '../population.ts';
import { watchCpu } from '../process-usage.ts';
import { quantilesOf } from '../quantiles.ts';
import type { Seen, Watch } from '../watch.ts';
import { deficiencyE4Of } from '../withdrawals.ts';
import { countText, latencyText, msText } from '../words.ts';
import { ENGINE, inWorld, pidOf } from '../world.ts';
import type { World } from '../world.ts';

const PLAN: PopulationPlan = { accounts: 3_000, positions: 4, symbols: 50 };
/** What lies on the way to a call; venue, state index and API would only share the cores. */
const PROCESSES = [ENGINE, 'case-signaller', 'worker'];

const START_MS_MAX = 60_000;
/** A call that has not come after this long is counted as that late. */
const DRAIN_MS_MAX = 40_000;
const DRAIN_QUICK_MS_MAX = 15_000;
/** The next wave begins without what has not been called after this long. */
const BACKLOG_MS_MAX = 60_000;
/** Of what is told at once, so many pairs must be called in the order of their deficiency. */
const IN_ORDER_MIN = 0.8;

/** New cases at a rate; 0: all at once. */
interface Wave {
  readonly ratePerS: number;
  readonly count: number;
}

/** So that it is not the compilers of Java and JavaScript that are measured. */
const WARM_UP: Wave = { ratePerS: 20, count: 100 };
const WAVES: readonly Wave[] = [
  { ratePerS: 20, count: 400 },
  { ratePerS: 100, count: 1_000 },
  { ratePerS: 0, count: 300 },
];
const WAVES_QUICK: readonly Wave[] = [
  { ratePerS: 20, count: 100 },
  { ratePerS: 0, count: 100 },
];

/** A deficiency and its call. */
interface Called {
  readonly deficiencyE4: number;
  /** From the withdrawal's instant; the bound when no call came. */
  readonly latencyMs: number;
  /** From the engine's record of the deficiency to that of the call, by the broker; null without a call. */
  readonly byBrokerMs: number | null;
  /** By the broker's clock, ms. */
  readonly calledAt: number | null;
}

/** What became of a wave. */
interface Played {
  readonly called: readonly Called[];
  /** Cases that waited for fresh figures: by policy `house` a minute. */
  readonly held: number;
}

/** How soon a deficiency becomes a margin call, through every part of the product. */
export const marginCalls: Benchmark = {
  name: 'margin-calls',
  title: 'deficiency → margin.calls.v1',
  run: (context) => inWorld(context, 'margin-calls', PLAN, (world) => measure(context, world)),
};

async function measure({ quick }: BenchContext, world: World): Promise<readonly Row[]> {
  const product = await world.start(...PROCESSES);
  await world.engine.untilRevalued(1, START_MS_MAX);
  await world.generator.do({ kind: 'REQUOTE' });
  const observed = new Observed(world.watch());
  await observed.start();
  const drainMs = quick ? DRAIN_QUICK_MS_MAX : DRAIN_MS_MAX;
  const pids = {
    ...Object.fromEntries(PROCESSES.map((name) => [name, pidOf(product, name)])),
    temporal: world.temporalPid,
    broker: world.brokerPid,
  };
  await playWave(world, observed, WARM_UP, 0, drainMs);
  let firstAccount = WARM_UP.count;
  const rows: Row[] = [];
  for (const wave of quick ? WAVES_QUICK : WAVES) {
    const used = await watchCpu(pids);
    const played = await playWave(world, observed, wave, firstAccount, drainMs);
    const row = wave.ratePerS === 0 ? orderRow(played) : latencyRow(wave, played, drainMs);
    rows.push({ ...row, conditions: `${row.conditions}; ${await used()}` });
    // A wave is not to wait for the calls of the one before.
    await observed.untilCalled(accountsOf(wave, firstAccount), BACKLOG_MS_MAX);
    firstAccount += wave.count;
  }
  return rows;
}

async function playWave(
  world: World,
  observed: Observed,
  wave: Wave,
  firstAccount: number,
  drainMs: number,
): Promise<Played> {
  await world.generator.do({ kind: 'WITHDRAWALS', firstAccount, ...wave });
  const accounts = accountsOf(wave, firstAccount);
  await observed.untilCalled(accounts, drainMs);
  return {
    called: accounts.map((account) => observed.called(account, drainMs)),
    held: observed.held(accounts),
  };
}

function accountsOf({ count }: Wave, firstAccount: number): number[] {
  return Array.from({ length: count }, (_, index) => firstAccount + index);
}

/** Withdrawals, the deficiencies and the calls and holds that came of them, by account. */
class Observed {
  readonly #watch: Watch;
  readonly #withdrawnAt = new Map<string, number>();
  readonly #deficientAt = new Map<string, number>();
  readonly #calls = new Map<string, { readonly seen: Seen; readonly call: MarginCallRecord }>();

  readonly #held = new Set<string>();

  constructor(watch: Watch) {
    this.#watch = watch;
  }

  start(): Promise<void> {
    const topics = [TOPICS.cash, TOPICS.marginCalc, TOPICS.marginCalls, TOPICS.audit];
    const names = topics.map(({ name }) => name);
    return this.#watch.start(names, (seen) => this.#take(seen));
  }

  /** How many of the accounts have had a hold on stale figures. */
  held(accounts: readonly number[]): number {
    return accounts.filter((account) => this.#held.has(accountIdOf(account))).length;
  }

  async untilCalled(accounts: readonly number[], timeoutMs: number): Promise<void> {
    await this.#watch.until(timeoutMs, () =>
      accounts.every((account) => this.#calls.has(accountIdOf(account))),
    );
  }

  called(account: number, boundMs: number): Called {
    const accountId = accountIdOf(account);
    const withdrawnAt = this.#withdrawnAt.get(accountId);
    const deficientAt = this.#deficientAt.get(accountId);
    const deficiencyE4 = deficiencyE4Of(account);
    if (withdrawnAt === undefined || deficientAt === undefined) {
      throw new WrongResultError(`${accountId} did not become deficient`);
    }
    const known = this.#calls.get(accountId);
    if (known === undefined) {
      return { deficiencyE4, latencyMs: boundMs, byBrokerMs: null, calledAt: null };
    }
    if (toE4(known.call.deficiency) !== deficiencyE4) {
      throw new WrongResultError(`${accountId} is called for ${known.call.deficiency} dollars`);
    }
    return {
      deficiencyE4,
      latencyMs: known.seen.seenAt - withdrawnAt,
      byBrokerMs: known.seen.record.timestamp - deficientAt,
      calledAt: known.seen.record.timestamp,
    };
  }

  #take(seen: Seen): void {
    const { record } = seen;
    const accountId = record.key ?? '';
    if (record.topic === TOPICS.cash.name) {
      const cash = TOPICS.cash.schema.parse(JSON.parse(String(record.value)));
      this.#withdrawnAt.set(accountId, cash.timestamp);
    } else if (record.topic === TOPICS.marginCalc.name) {
      if ((calcOf(record.value).deficiency ?? 0) > 0 && !this.#deficientAt.has(accountId)) {
        this.#deficientAt.set(accountId, record.timestamp);
      }
    } else if (record.topic === TOPICS.audit.name) {
      const { event_type: type } = TOPICS.audit.schema.parse(JSON.parse(String(record.value)));
      if (type === 'HELD') this.#held.add(accountId);
    } else this.#takeCall(seen, accountId);
  }

  #takeCall(seen: Seen, accountId: string): void {
    const call = TOPICS.marginCalls.schema.parse(JSON.parse(String(seen.record.value)));
    if (call.action !== 'MARGIN_CALL') return;
    const known = this.#calls.get(accountId);
    if (known === undefined) this.#calls.set(accountId, { seen, call });
    // An activity that is tried again writes the same event again.
    else if (known.call.event_id !== call.event_id) {
      throw new WrongResultError(`${accountId} was called twice`);
    }
  }
}

function latencyRow(wave: Wave, { called, held }: Played, drainMs: number): Row {
  const latencies = quantilesOf(called.map(({ latencyMs }) => latencyMs));
  const byBroker = called.flatMap(({ byBrokerMs }) => byBrokerMs ?? []);
  const limitMs = wave.ratePerS <= 20 ? 1_000 : 3_000;
  const uncalled = called.length - byBroker.length;
  const late =
    uncalled === 0 ? '' : ` · ${countText(uncalled)} not within ${msText(drainMs)} of the last`;
  return {
    figure: `deficiency → margin.calls.v1 at ${String(wave.ratePerS)} new cases/s`,
    target: `p99 ≤ ${msText(limitMs).replace('.00', '')}`,
    measured: latencyText(latencies) + late,
    met: uncalled === 0 && latencies.p99 <= limitMs,
    yardstick: null,
    conditions:
      `${countText(wave.count)} withdrawals at ${String(wave.ratePerS)}/s, each of another account, ` +
      `after ${countText(WARM_UP.count)} to warm up, ` +
      `${countText(PLAN.accounts)} accounts × ${String(PLAN.positions)}; engine, signaller, worker ` +
      'and Temporal on the same cores; from the instant at which the withdrawal was due to ' +
      'be sent to the receipt of MARGIN_CALL; between the broker’s timestamps of the deficient figures ' +
      `and the call: ${byBroker.length === 0 ? 'none' : latencyText(quantilesOf(byBroker))}; ` +
      `${countText(held)} cases were held on stale figures; amounts checked`,
  };
}

function orderRow({ called, held }: Played): Row {
  const share = shareInOrder(called);
  const latencies = quantilesOf(called.map(({ latencyMs }) => latencyMs));
  const largest = called
    .toSorted((a, b) => b.deficiencyE4 - a.deficiencyE4)
    .slice(0, Math.ceil(called.length / 10));
  const ofLargest = quantilesOf(largest.map(({ latencyMs }) => latencyMs));
  return {
    figure: `${countText(called.length)} deficiencies at once, called largest first`,
    target: `≥ ${String(IN_ORDER_MIN * 100)} % of all pairs in order`,
    measured:
      `${String(Math.round(share * 100))} % · the largest tenth p50 ${msText(ofLargest.p50)} · ` +
      `all ${latencyText(latencies)}`,
    met: share >= IN_ORDER_MIN,
    yardstick: null,
    conditions:
      'all withdrawn in one transaction; order by the broker’s timestamps of the calls; chance would ' +
      'have 50 % in order, and cases under way at the same time overtake each other by a little; ' +
      `${countText(held)} cases were held on stale figures`,
  };
}

/** The share of pairs of which the larger deficiency was called first; ties in time are left out. */
function shareInOrder(called: readonly Called[]): number {
  let [inOrder, all] = [0, 0];
  for (const a of called) {
    for (const b of called) {
      const [atA, atB] = [a.calledAt ?? Infinity, b.calledAt ?? Infinity];
      if (a.deficiencyE4 <= b.deficiencyE4 || atA === atB) continue;
      all += 1;
      if (atA < atB) inOrder += 1;
    }
  }
  return all === 0 ? 0 : inOrder / all;
}
