import type { BenchContext, Benchmark, Row } from '../benchmark.ts';
import { OrderWatch, reckoningText } from '../order-watch.ts';
import type { PopulationPlan } from '../population.ts';
import { countText, msText } from '../words.ts';
import { ENGINE, inWorld, pidOf } from '../world.ts';
import type { World } from '../world.ts';

const PLAN: PopulationPlan = { accounts: 10_000, positions: 4, symbols: 50 };
const GATES = ['order-gate', 'order-gate-2', 'order-gate-3'] as const;
const KILLED = 'order-gate-2';
const PAUSED = 'order-gate-3';

const ORDERS = 100_000;
const ORDERS_QUICK = 20_000;
const PER_S = 2_000;
const PAUSE_MS = 5_000;
const START_MS_MAX = 60_000;
/** A gate that is dead is missed after 6 s, and its successor reads what it had decided. */
const SETTLED_MS_MAX = 110_000;

/** That no fault of a gate loses an order, decides one twice or executes what nobody allowed. */
export const orderFaults: Benchmark = {
  name: 'order-faults',
  title: 'orders through gates that fail',
  run: (context) => inWorld(context, 'order-faults', PLAN, (world) => measure(context, world)),
};

async function measure({ quick }: BenchContext, world: World): Promise<readonly Row[]> {
  await world.start(ENGINE);
  await world.engine.untilRevalued(1, START_MS_MAX);
  await world.generator.do({ kind: 'REQUOTE' });
  const product = await world.start('venue-adapter', ...GATES);
  const watch = new OrderWatch(world.watch());
  await watch.follow();
  const count = quick ? ORDERS_QUICK : ORDERS;
  const flow = world.generator.do({ kind: 'ORDERS', round: 'faults', ratePerS: PER_S, count });
  await until(watch, count / 3);
  await product.kill(KILLED);
  await until(watch, count / 2);
  const pid = pidOf(product, PAUSED);
  process.kill(pid, 'SIGSTOP');
  try {
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  const { endedAt } = await flow;
  const reckoning = await watch.reconciled(count, SETTLED_MS_MAX);
  const settledMs = Math.max(0, Date.now() - endedAt);
  const { voidDecisions, voidAudits, auditsToldAgain } = reckoning;
  return [
    {
      figure: `${countText(count)} orders through ${String(GATES.length)} gates, one killed, one paused`,
      target: 'each order one decision, one valid audit; nothing executed that was not allowed',
      measured: reckoningText(reckoning),
      met: true,
      yardstick: null,
      conditions:
        `${countText(PER_S)} orders/s; after a third of them kill -9 of one gate, after half of them another ` +
        `stands still for ${msText(PAUSE_MS)}; every order was decided and audited ${msText(settledMs)} after the last was sent; ` +
        `${countText(voidDecisions)} decisions were void, ${countText(voidAudits)} of them audited; ` +
        `${countText(auditsToldAgain)} audits were told again under their event id by the next owner; ` +
        'what waits longer than 5 s for a gate is refused as EXPIRED',
    },
  ];
}

async function until(watch: OrderWatch, orders: number): Promise<void> {
  const came = await watch.until(SETTLED_MS_MAX, () => watch.ledger.ordersIn() >= orders);
  if (!came) throw new Error('the orders do not come');
}
