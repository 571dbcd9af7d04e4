import { TOPICS } from '#contracts/topics.ts';
import type { GatedDecision } from '#contracts/gated-orders.ts';
import { Ownership } from '#domain/gate/ownership.ts';
import type { BenchContext, Benchmark, Row } from '../benchmark.ts';
import { WrongResultError } from '../benchmark.ts';
import type { PopulationPlan } from '../population.ts';
import { watchCpu } from '../process-usage.ts';
import { quantilesOf } from '../quantiles.ts';
import type { Quantiles } from '../quantiles.ts';
import type { Seen, Watch } from '../watch.ts';
import { countText, latencyText } from '../words.ts';
import { ENGINE, inWorld, PARTITIONS, pidOf } from '../world.ts';
import type { World } from '../world.ts';

const PLAN: PopulationPlan = { accounts: 10_000, positions: 4, symbols: 50 };
const GATE = 'order-gate';

/** Orders a second, and what the gate may take for them. */
const RATES = [
  { perS: 1_000, p50MsMax: 2, p99MsMax: 20 },
  { perS: 5_000, p50MsMax: 8, p99MsMax: 40 },
] as const;
const DURATION_S = 20;
const DURATION_QUICK_S = 6;
/** A gate that has just started compiles its hot code. */
const WARM_UP_S = 5;
const START_MS_MAX = 60_000;
const DECIDED_MS_MAX = 60_000;

/** How soon an order is decided. */
export const orderLatency: Benchmark = {
  name: 'order-latency',
  title: 'orders.v1 → orders.gated.v1',
  run: (context) => inWorld(context, 'order-latency', PLAN, (world) => measure(context, world)),
};

/** What was decided on each order of every round, by its id. */
class Decisions {
  readonly #watch: Watch;
  readonly #owners = new Map<number, Ownership>();
  readonly #ordered = new Map<string, Seen>();
  readonly #decided = new Map<string, { readonly decision: GatedDecision; readonly seen: Seen }>();

  constructor(watch: Watch) {
    this.#watch = watch;
  }

  async follow(): Promise<void> {
    await this.#watch.start([TOPICS.orders.name, TOPICS.gatedOrders.name], (seen) => {
      const json: unknown = JSON.parse(String(seen.record.value));
      if (seen.record.topic === TOPICS.orders.name) {
        this.#ordered.set(TOPICS.orders.schema.parse(json).order_id, seen);
      } else this.#take(seen, json);
    });
  }

  /** Resolves when so many orders of a round have a decision. */
  async untilDecided(round: string, count: number): Promise<void> {
    const all = (): boolean => this.#of(round).length >= count;
    if (await this.#watch.until(DECIDED_MS_MAX, all)) return;
    throw new WrongResultError(`${String(this.#of(round).length)} of ${String(count)} are decided`);
  }

  /** From the instant at which each order was due to be sent to the receipt of its decision, and by the broker. */
  latencies(round: string): { endToEnd: Quantiles; byBroker: Quantiles; passed: number } {
    const decided = this.#of(round);
    const endToEnd: number[] = [];
    const byBroker: number[] = [];
    for (const { decision, seen } of decided) {
      const ordered = this.#ordered.get(decision.order?.order_id ?? '');
      if (ordered === undefined || decision.order === null) {
        throw new WrongResultError('an order was decided that nobody sent');
      }
      endToEnd.push(seen.seenAt - decision.order.ts);
      byBroker.push(seen.record.timestamp - ordered.record.timestamp);
    }
    const passed = decided.filter(({ decision }) => decision.decision === 'ALLOW').length;
    return { endToEnd: quantilesOf(endToEnd), byBroker: quantilesOf(byBroker), passed };
  }

  #of(round: string): { readonly decision: GatedDecision; readonly seen: Seen }[] {
    return [...this.#decided].filter(([id]) => id.startsWith(`${round}-`)).map(([, each]) => each);
  }

  #take(seen: Seen, json: unknown): void {
    const { partition, offset } = seen.record;
    const told = TOPICS.gatedOrders.schema.parse(json);
    let ownership = this.#owners.get(partition);
    if (ownership === undefined) this.#owners.set(partition, (ownership = new Ownership()));
    if (told.kind === 'OWNER') {
      ownership.marker(offset);
      return;
    }
    const id = told.order?.order_id;
    if (id === undefined || !ownership.isValid(told.epoch, offset)) return;
    if (this.#decided.has(id)) throw new WrongResultError(`${id} has two decisions`);
    this.#decided.set(id, { decision: told, seen });
  }
}

async function measure({ quick }: BenchContext, world: World): Promise<readonly Row[]> {
  await world.start(ENGINE);
  await world.engine.untilRevalued(1, START_MS_MAX);
  const gate = pidOf(await world.start(GATE), GATE);
  const decisions = new Decisions(world.watch());
  await decisions.follow();
  const seconds = quick ? DURATION_QUICK_S : DURATION_S;
  const rows: Row[] = [];
  for (const { perS, p50MsMax, p99MsMax } of RATES) {
    const send = async (round: string, count: number): Promise<void> => {
      await world.generator.do({ kind: 'ORDERS', round, count, ratePerS: perS });
      await decisions.untilDecided(round, count);
    };
    const round = `measured${String(perS)}`;
    await send(`warm${String(perS)}`, WARM_UP_S * perS);
    const used = await watchCpu({ gate, broker: world.brokerPid });
    await send(round, seconds * perS);
    const cpu = await used();
    const { endToEnd, byBroker, passed } = decisions.latencies(round);
    rows.push({
      figure: `orders.v1 → orders.gated.v1 at ${countText(perS)}/s`,
      target: `p50 ≤ ${String(p50MsMax)} ms, p99 ≤ ${String(p99MsMax)} ms`,
      measured: latencyText(endToEnd),
      met: endToEnd.p50 <= p50MsMax && endToEnd.p99 <= p99MsMax,
      yardstick: null,
      conditions:
        `${countText(perS)} orders/s for ${String(seconds)} s by ${countText(PLAN.accounts)} accounts, ` +
        `${String(PARTITIONS)} partitions, one gate; from the instant at which an order was due to be sent to the ` +
        `receipt of its decision; between the broker’s own timestamps: ${latencyText(byBroker)}; ` +
        `${cpu}; ${countText(passed)} passed, each order with one valid decision`,
    });
  }
  return rows;
}
