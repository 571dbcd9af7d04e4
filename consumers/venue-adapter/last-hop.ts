import { scopeName } from '#domain/scopes.ts';
import type { Scope } from '#domain/scopes.ts';
import type { Clock } from '#ports/clock.ts';
import type { ControlFollower } from '../order-path/control-follower.ts';
import type { LastHop } from './paper-venue.ts';
import type { VenueExecution, VenueOrder } from './venue-book.ts';

/** The last hop: what the controls say immediately before an order is executed (DESIGN 20). */

/** A fill that was begun waits so long for proved controls after a pause. */
const REOPEN_MS_MAX = 5_000;
const REOPEN_POLL_MS = 20;

type Controls = Pick<ControlFollower, 'of'>;

/** The scope of a kill that stops the order here; a liquidation is stopped by a wide one only. */
export function killOf(
  { accountId, symbol, strategy, liquidation }: VenueOrder,
  controls: Controls,
): string | null {
  const wide: readonly Scope[] = [{ kind: 'GLOBAL' }, { kind: 'SYMBOL', id: symbol }];
  const own: readonly Scope[] = [
    { kind: 'ACCOUNT', id: accountId },
    { kind: 'STRATEGY', id: strategy },
  ];
  const killed = (liquidation ? wide : [...wide, ...own]).find(
    (scope) => controls.of(scope).kill === 'BLOCK',
  );
  return killed === undefined ? null : scopeName(killed);
}

/** `open`: the controls are proved to be known. A kill that is known counts in any case. */
export function lastHop(order: VenueOrder, controls: Controls, open: boolean): LastHop {
  const scope = killOf(order, controls);
  if (scope !== null) return { is: 'KILLED', scope };
  return { is: open ? 'OPEN' : 'UNPROVED' };
}

/**
 * The last look before shares move: a process that was paused while it wrote waits until it knows the
 * controls again, and writes nothing that a kill has stopped meanwhile. Throws when one has: the
 * transaction is not committed, and the next process cancels the order.
 */
export async function stillAllowed(
  executions: readonly VenueExecution[],
  parts: {
    readonly controls: Controls;
    readonly isOpen: (now: number) => boolean;
    readonly clock: Clock;
  },
): Promise<void> {
  const { controls, isOpen, clock } = parts;
  const moving = executions.filter(({ lastQtyE4 }) => lastQtyE4 > 0);
  if (moving.length === 0) return;
  const giveUpAt = clock.now() + REOPEN_MS_MAX;
  while (!isOpen(clock.now())) {
    if (clock.now() > giveUpAt) throw new Error('the controls could not be proved before a fill');
    await new Promise((resolve) => setTimeout(resolve, REOPEN_POLL_MS));
  }
  const killed = moving.find(({ order }) => killOf(order, controls) !== null);
  if (killed === undefined) return;
  throw new Error(`a kill came before ${killed.order.orderId} was written: it is not executed`);
}
