import type { RiskSignalRecord } from '#contracts/risk-signals.ts';
import { compactEagerly } from '../order-flow/eager-compaction.ts';
import {
  Floor,
  codesOf,
  LEASES,
  PANICKING,
  PANIC_SYMBOL,
  PRICES,
  TRADERS,
} from '../order-flow/floor.ts';
import type { Effect } from '../order-flow/floor.ts';
import { killGlobal, killSymbol, throttleAccount } from '../order-flow/other-scopes.ts';
import { liftByTwo } from '../order-flow/lift-by-two.ts';
import { reconcile, showCompaction } from '../order-flow/reckoning.ts';
import type { Story, Telling } from '../story.ts';

/** As in the reference: shared/seeds/001, parts 2 and 3. */
const NORMAL_PER_S = 5;
const PANIC_PER_S = 50;
/** policies/order-monitor.json: above 100 orders of an account in 60 s. */
const BREACH_ORDERS = 101;
const SCOPE = `ACCOUNT:${PANICKING}`;
const CASH = 500_000;
const HOLDING = 200;
/** As long as each step is looked at: so many orders more. */
const LOOK_ORDERS = 10;

/**
 * The reference's demonstration of the kill switch (shared/seeds/001): normal flow, an algorithm that runs
 * away, the kill by the order monitor, its enforcement, and the recovery by people; then the other scopes.
 */
export const runawayAccount: Story = {
  title: '4. A runaway algorithm is killed, and two persons resume its account',
  tell: async (telling) => {
    const undo = await compactEagerly(telling.kafka);
    const floor = new Floor(telling);
    try {
      await floor.log.start();
      await tellOn(floor);
    } finally {
      await floor.close();
      await undo();
    }
  },
};

async function tellOn(floor: Floor): Promise<void> {
  await openAccounts(floor.telling);
  const normal = floor.stream('normal', [PANICKING, ...TRADERS], NORMAL_PER_S);
  await tradeNormally(floor);
  const killed = await panic(floor);
  await resume(floor, killed);
  await killSymbol(floor, 'IBM');
  await killGlobal(floor);
  await throttleAccount(floor, TRADERS[3]);
  await normal.stop();
  await reconcile(floor);
  await showCompaction(floor, SCOPE);
}

async function openAccounts({ feed, observer }: Telling): Promise<void> {
  const accounts = [PANICKING, ...TRADERS];
  await feed.prices(PRICES);
  await feed.cashOf(accounts.map((accountId) => ({ accountId, amount: CASH })));
  for (const accountId of accounts) {
    await observer.figures(accountId, ({ cash }) => cash === CASH);
  }
  await feed.fillsOf(
    accounts.flatMap((accountId) =>
      Object.entries(PRICES).map(([symbol, price]) => ({ accountId, symbol, qty: HOLDING, price })),
    ),
  );
  for (const accountId of accounts) {
    await observer.figures(accountId, ({ positions }) => positions.length === 3);
  }
}

async function tradeNormally(floor: Floor): Promise<void> {
  const { narrator } = floor.telling;
  narrator.say(
    `${PANICKING} and ${String(TRADERS.length)} others trade: ${String(NORMAL_PER_S)} orders a second`,
  );
  const normal = await floor.untilDecided(2 * LOOK_ORDERS, 0, () => true);
  narrator.check('what the gate says to each', 'ALLOW', codesOf(normal));
  const inBreach = floor.log.signals.filter(({ breached }) => breached).map(({ scope }) => scope);
  narrator.check('scopes in breach', 'none', inBreach.join(' ') || 'none');
  const order = floor.flow('normal', [TRADERS[0]]).next(Date.now());
  await floor.send([order, order]);
  const dear = floor.flow('normal', [TRADERS[1]]).next(Date.now());
  await floor.send([{ ...dear, side: 'BUY', price: 2 * (PRICES[dear.symbol] ?? 0) }]);
  const said = await floor.untilDecided(3, 0, ({ order: of }) =>
    [order.order_id, dear.order_id].includes(of?.order_id ?? ''),
  );
  narrator.check(
    'the same order again, and one at twice the price',
    'ALLOW COLLAR DUPLICATE',
    codesOf(said),
  );
}

/** The algorithm runs away and is killed; it sends on for a while. */
async function panic(floor: Floor): Promise<Effect> {
  const { narrator } = floor.telling;
  const working = await workAtVenue(floor);
  narrator.say(
    `${PANICKING} runs away: ${String(PANIC_PER_S)} orders a second for ${PANIC_SYMBOL}`,
  );
  const algorithm = floor.stream('panic', [PANICKING], PANIC_PER_S);
  const effect = await kill(floor);
  const dropped = await floor.untilDecided(5 * LOOK_ORDERS, effect.at, isOf(PANICKING));
  narrator.say('the algorithm sends on');
  narrator.check('what the gate says to it', 'KILLED', codesOf(dropped));
  await algorithm.stop();
  const others = await floor.untilDecided(LOOK_ORDERS, effect.at, ({ order }) =>
    TRADERS.some((trader) => trader === order?.account_id),
  );
  narrator.check('what it says to the others', 'ALLOW', codesOf(others));
  const ended = await statusOf(floor, working, (status) => status !== 'ACCEPTED');
  narrator.check('its order that worked at the venue', 'CANCELLED', ended);
  return effect;
}

/** The order monitor kills the account, and every gate and venue adapter knows. */
async function kill(floor: Floor): Promise<Effect> {
  const { log, telling } = floor;
  const { narrator } = telling;
  const { record: command } = await log.until('the kill', () =>
    log.commands.find(({ record }) => record.scope === SCOPE),
  );
  narrator.say('the order monitor sees the breach and kills the account');
  const { action, triggered_by: by, metric, value } = command;
  narrator.check('command', `KILL ${SCOPE} by order-monitor`, `${action} ${SCOPE} by ${by}`);
  narrator.check(
    'metric and value, above 100',
    `order_rate_60s ${String(BREACH_ORDERS)}`,
    `${String(metric)} ${String(value)}`,
  );
  await log.until('the risk signal', () => log.signals.find((signal) => shows(signal, metric)));
  const effect = await floor.effect(command.cmd_id);
  narrator.say(`effective ${String(effect.tookMs)} ms after the command`);
  narrator.check('on leases', `${String(LEASES)} of ${String(LEASES)}`, effect.leases);
  const { record: state } = await log.until('the state', () =>
    log.states.find(({ record }) => record.scope === SCOPE && record.status === 'KILLED'),
  );
  narrator.check('killswitch.state.v1', 'KILLED', state.status);
  narrator.check('it has the correlation id of the command', command.corr_id ?? '—', state.corr_id);
  return effect;
}

async function resume(floor: Floor, killed: Effect): Promise<void> {
  const { narrator } = floor.telling;
  const before = Date.now();
  const allowed = floor
    .decisionsAfter(killed.at)
    .filter(({ decision }) => isOf(PANICKING)(decision) && decision.decision === 'ALLOW');
  narrator.check('its orders that passed since the kill', '0', String(allowed.length));
  const executed = floor
    .executionsAfter(killed.at)
    .filter(({ accountId, at }) => accountId === PANICKING && at < before);
  narrator.check('its shares executed since the kill', '0', String(sharesOf(executed)));
  const liftedAt = await liftByTwo(floor, SCOPE, 'the algorithm is fixed');
  const resumed = await floor.untilDecided(1, liftedAt, isOf(PANICKING));
  narrator.check('what the gate says to the next order', 'ALLOW', codesOf(resumed.slice(0, 1)));
}

/** An order of the account that works at the venue: its limit is 5 % below the market. */
async function workAtVenue(floor: Floor): Promise<string> {
  const order = floor.flow('panic', [PANICKING]).next(Date.now());
  await floor.send([{ ...order, qty: 1, price: 0.95 * (PRICES[PANIC_SYMBOL] ?? 0) }]);
  await statusOf(floor, order.order_id, (status) => status === 'ACCEPTED');
  return order.order_id;
}

/** The first status of an order that fits. */
async function statusOf(
  { log }: Floor,
  orderId: string,
  fits: (status: string) => boolean,
): Promise<string> {
  const { status } = await log.until(`a status of ${orderId}`, () =>
    log.executions.find((each) => each.order_id === orderId && fits(each.status)),
  );
  return status;
}

/** Does the account's signal show this metric in breach? */
function shows({ scope, metrics }: RiskSignalRecord, metric: string | null | undefined): boolean {
  return scope === SCOPE && metrics.some((each) => each.breached && each.metric === metric);
}

function isOf(accountId: string) {
  return ({ order }: { readonly order: { readonly account_id: string } | null }): boolean =>
    order?.account_id === accountId;
}

function sharesOf(executed: readonly { readonly qty: number }[]): number {
  return executed.reduce((sum, { qty }) => sum + qty, 0);
}
