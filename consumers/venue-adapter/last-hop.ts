import { scopeName } from '#domain/scopes.ts';
import type { Scope } from '#domain/scopes.ts';
import type { ControlFollower } from '../order-path/control-follower.ts';
import type { LastHop } from './paper-venue.ts';
import type { VenueOrder } from './venue-book.ts';

/** The last hop: what the controls say immediately before an order is executed (DESIGN 20). */

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
