import type { Killed } from '#contracts/control-rest.ts';
import { codesOf, LEASES, PANIC_SYMBOL } from './floor.ts';
import type { Effect, Floor } from './floor.ts';
import { liftByTwo } from './lift-by-two.ts';

/** So many decisions show what a control does. */
const LOOK_ORDERS = 5;
const THROTTLED_TO = 2;
const BURST_PER_S = 10;
const BURST_ORDERS = 30;
const SECOND_MS = 1_000;

/** A person kills a symbol: everybody else's orders pass. */
export async function killSymbol(floor: Floor, symbol: string): Promise<void> {
  const { narrator } = floor.telling;
  const scope = `SYMBOL:${symbol}`;
  const effect = await tellEffect(floor, await floor.people.kill(scope, 'bad prints'));
  const inIt = await floor.untilDecided(LOOK_ORDERS, effect.at, ({ order }) => isIn(symbol, order));
  const beside = await floor.untilDecided(
    LOOK_ORDERS,
    effect.at,
    ({ order }) => !isIn(symbol, order),
  );
  narrator.check(`orders in ${symbol}`, 'KILLED', codesOf(inIt));
  narrator.check('orders in other symbols', 'ALLOW', codesOf(beside));
  await liftByTwo(floor, scope, 'the prints were cancelled');
}

/** A person stops everything. */
export async function killGlobal(floor: Floor): Promise<void> {
  const { narrator } = floor.telling;
  const effect = await tellEffect(floor, await floor.people.kill('GLOBAL', 'stop everything'));
  const stopped = await floor.untilDecided(2 * LOOK_ORDERS, effect.at, () => true);
  narrator.check('every order', 'KILLED', codesOf(stopped));
  const executed = floor.executionsAfter(effect.at).length;
  narrator.check('executions since then', '0', String(executed));
  const liftedAt = await liftByTwo(floor, 'GLOBAL', 'the venue is back');
  const resumed = await floor.untilDecided(LOOK_ORDERS, liftedAt, () => true);
  narrator.check('every order', 'ALLOW', codesOf(resumed));
}

/** A person lets an account go on, slowly. */
export async function throttleAccount(floor: Floor, accountId: string): Promise<void> {
  const { narrator } = floor.telling;
  const scope = `ACCOUNT:${accountId}`;
  const throttled = await floor.people.throttle(scope, THROTTLED_TO, 'too fast');
  const effect = await tellEffect(floor, throttled);
  narrator.note(
    `${accountId} sends ${String(BURST_PER_S)} orders a second for ${PANIC_SYMBOL}, ${String(THROTTLED_TO)} may pass`,
  );
  const burst = floor.stream('panic', [accountId], BURST_PER_S);
  const decided = await floor.untilDecided(
    BURST_ORDERS,
    effect.at,
    ({ order }) => order?.account_id === accountId,
  );
  await burst.stop();
  narrator.check('what the gate says', 'ALLOW THROTTLE', codesOf(decided));
  const passed = decided.flatMap(({ decision: { code, order } }) =>
    code === 'ALLOW' && order !== null ? [order.ts] : [],
  );
  narrator.check(
    'the most that passed in any second',
    String(THROTTLED_TO),
    String(mostInASecond(passed)),
  );
  await liftByTwo(floor, scope, 'it is slow again');
}

/** Tells a person's kill or throttle, and how far it is effective. */
async function tellEffect(floor: Floor, killed: Killed): Promise<Effect> {
  const { narrator } = floor.telling;
  const verb = killed.action === 'KILL' ? 'kills' : 'throttles';
  narrator.say(`ann ${verb} ${killed.scope}: answered after ${String(killed.took_ms)} ms`);
  const through = killed.applied + killed.lapsed.length;
  narrator.check(
    'effect, on leases',
    `EFFECTIVE ${String(LEASES)} of ${String(LEASES)}`,
    `${killed.effect} ${String(through)} of ${String(killed.leases)}`,
  );
  return floor.effect(killed.cmd_id);
}

function isIn(
  symbol: string,
  order: { readonly type: 'NEW'; readonly symbol: string } | { readonly type: 'CANCEL' } | null,
): boolean {
  return order?.type === 'NEW' && order.symbol === symbol;
}

/** The most of these instants (ms) in any window of a second, half-open. */
function mostInASecond(instants: readonly number[]): number {
  return Math.max(
    0,
    ...instants.map((from) => instants.filter((at) => at >= from && at < from + SECOND_MS).length),
  );
}
