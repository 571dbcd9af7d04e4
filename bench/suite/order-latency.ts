import { TOPICS } from '#contracts/topics.ts';
import type { GatedDecision } from '#contracts/gated-orders.ts';
import { Ownership } from '#domain/gate/ownership.ts';
import type { InboundRecord } from '#ports/records.ts';
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
/** A gate, a broker and a generator that have just started compile their hot code. */
const WARM_UP_S = 20;
const WARM_UP_PER_S = 3_000;
/** At each rate, before it is measured. */
const SETTLE_S = 3;
const START_MS_MAX = 60_000;
const DECIDED_MS_MAX = 60_000;

/** How soon an order is decided. */
export const orderLatency: Benchmark = {
  name: 'order-latency',
  title: 'orders.v1 → orders.gated.v1',
  run: (context) => inWorld(context, 'order-latency', PLAN, (world) => measure(context, world)),
};

/**
 * Follows orders.gated.v1 as a venue adapter would, and only keeps what comes: what is told of it is read
 * when a round is over, on cores that have nothing else to do then.
 */
class Decisions {
  readonly #watch: Watch;
  readonly #orders: Watch;
  readonly #gated: Seen[] = [];
  readonly #ordered = new Map<string, InboundRecord>();

  constructor(world: World) {
    this.#watch = world.watch();
    this.#orders = world.watch();
  }

  follow(): Promise<void> {
    return this.#watch.start([TOPICS.gatedOrders.name], (seen) => this.#gated.push(seen));
  }

  /** How many records have come, decisions or not. */
  get count(): number {
    return this.#gated.length;
  }

  /** Resolves when so many records have come. */
  async untilCount(count: number): Promise<void> {
    if (await this.#watch.until(DECIDED_MS_MAX, () => this.count >= count)) return;
    throw new WrongResultError(`${String(this.count)} of ${String(count)} decisions have come`);
  }

  /** What was ordered: read after everything was measured. */
  async readOrders(): Promise<void> {
    await this.#orders.start([TOPICS.orders.name], ({ record }) => {
      const { order_id } = TOPICS.orders.schema.parse(JSON.parse(String(record.value)));
      this.#ordered.set(order_id, record);
    });
    await this.#orders.caughtUp();
  }

  /**
   * Between the instants at which the broker wrote an order and its decision, and from the instant at
   * which an order was due to be sent to the receipt of its decision. Each order has one valid decision.
   */
  latencies(round: string, count: number): Latencies {
    const byBroker: number[] = [];
    const endToEnd: number[] = [];
    let passed = 0;
    for (const { decision, seen } of this.#validOf(round)) {
      const ordered = this.#ordered.get(decision.order?.order_id ?? '');
      if (ordered === undefined || decision.order === null) {
        throw new WrongResultError('an order was decided that nobody sent');
      }
      byBroker.push(seen.record.timestamp - ordered.timestamp);
      endToEnd.push(seen.seenAt - decision.order.ts);
      if (decision.decision === 'ALLOW') passed += 1;
    }
    if (byBroker.length !== count) {
      throw new WrongResultError(`${String(byBroker.length)} of ${String(count)} are decided`);
    }
    return { byBroker: quantilesOf(byBroker), endToEnd: quantilesOf(endToEnd), passed };
  }

  /** The valid decisions on the orders of a round; throws when one has two. */
  #validOf(round: string): { readonly decision: GatedDecision; readonly seen: Seen }[] {
    const owners = new Map<number, Ownership>();
    const decided = new Map<string, { readonly decision: GatedDecision; readonly seen: Seen }>();
    for (const seen of this.#gated) {
      const { partition, offset, value } = seen.record;
      const told = TOPICS.gatedOrders.schema.parse(JSON.parse(String(value)));
      const ownership = owners.get(partition) ?? new Ownership();
      owners.set(partition, ownership);
      if (told.kind === 'OWNER') {
        ownership.marker(offset);
        continue;
      }
      const id = told.order?.order_id;
      if (id === undefined || !ownership.isValid(told.epoch, offset)) continue;
      if (!id.startsWith(`${round}-`)) continue;
      if (decided.has(id)) throw new WrongResultError(`${id} has two decisions`);
      decided.set(id, { decision: told, seen });
    }
    return [...decided.values()];
  }
}

interface Latencies {
  readonly byBroker: Quantiles;
  readonly endToEnd: Quantiles;
  readonly passed: number;
}

async function measure({ quick }: BenchContext, world: World): Promise<readonly Row[]> {
  await world.start(ENGINE);
  await world.engine.untilRevalued(1, START_MS_MAX);
  const gate = pidOf(await world.start(GATE), GATE);
  const decisions = new Decisions(world);
  await decisions.follow();
  const send = async (round: string, ratePerS: number, seconds: number): Promise<void> => {
    const count = seconds * ratePerS;
    const before = decisions.count;
    await world.generator.do({ kind: 'ORDERS', round, count, ratePerS });
    await decisions.untilCount(before + count);
  };
  await decisions.untilCount(PARTITIONS);
  await send('warm', WARM_UP_PER_S, WARM_UP_S);
  const seconds = quick ? DURATION_QUICK_S : DURATION_S;
  const measured: { readonly rate: (typeof RATES)[number]; readonly cpu: string }[] = [];
  for (const rate of RATES) {
    await send(`settle${String(rate.perS)}`, rate.perS, SETTLE_S);
    const used = await watchCpu({ gate, broker: world.brokerPid });
    await send(roundOf(rate), rate.perS, seconds);
    measured.push({ rate, cpu: await used() });
  }
  await decisions.readOrders();
  return measured.map(({ rate, cpu }) => {
    const { perS, p50MsMax, p99MsMax } = rate;
    const { byBroker, endToEnd, passed } = decisions.latencies(roundOf(rate), seconds * perS);
    return {
      figure: `orders.v1 → orders.gated.v1 at ${countText(perS)}/s`,
      target: `p50 ≤ ${String(p50MsMax)} ms, p99 ≤ ${String(p99MsMax)} ms`,
      measured: latencyText(byBroker),
      met: byBroker.p50 <= p50MsMax && byBroker.p99 <= p99MsMax,
      yardstick: null,
      conditions:
        `${countText(perS)} orders/s for ${String(seconds)} s by ${countText(PLAN.accounts)} accounts, ` +
        `${String(PARTITIONS)} partitions, one gate; between the instants at which the broker wrote the order and ` +
        `the decision (its own timestamps, whole ms); from the instant at which an order was due to be sent to the ` +
        `receipt of its decision by another process: ${latencyText(endToEnd)}; ` +
        `${cpu}; ${countText(passed)} passed, each order with one valid decision`,
    };
  });
}

function roundOf({ perS }: (typeof RATES)[number]): string {
  return `measured${String(perS)}`;
}
