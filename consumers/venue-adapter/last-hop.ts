import { scopeName } from '#domain/scopes.ts';
import type { Scope } from '#domain/scopes.ts';
import type { ControlFollower } from '../order-path/control-follower.ts';
import type { LastHop } from './paper-venue.ts';
import type { VenueOrder } from './venue-book.ts';

/** The last hop: what the controls say immediately before an order is executed (DESIGN 20). */

type Controls = Pick<ControlFollower, 'of'>;

/** A control that an order may not pass. */
export interface Standing {
  readonly scope: string;
  readonly why: string;
}

/**
 * The control that stops the order here. A liquidation is stopped by the BLOCK of its symbol or the firm
 * only. REDUCE_ONLY and close-only stop what opened when the gate let it pass, NO_NEW_DEBIT_OR_SHORT a
 * sale that did; what position and cash no longer cover since then only the gate can tell, and cancels:
 * until it has, purchases wait.
 */
export function standingAgainst(order: VenueOrder, controls: Controls): Standing | null {
  const scopes = scopesOf(order);
  const blocked = scopes.find((scope) => controls.of(scope).kill === 'BLOCK');
  if (blocked !== undefined) {
    const scope = scopeName(blocked);
    return { scope, why: `kill switch active for ${scope}` };
  }
  if (order.liquidation || order.opensE4 === 0) return null;
  for (const each of scopes) {
    const { kill, closeOnly, noNewDebitOrShort } = controls.of(each);
    const scope = scopeName(each);
    if (kill === 'REDUCE_ONLY') return { scope, why: `kill switch of ${scope} is reduce-only` };
    if (closeOnly) return { scope, why: `${scope} is close-only` };
    if (noNewDebitOrShort && order.side === 'SELL')
      return { scope, why: `${scope} may not go short` };
  }
  return null;
}

/** `open`: the controls are proved to be known. A control that is known counts in any case. */
export function lastHop(order: VenueOrder, controls: Controls, open: boolean): LastHop {
  const standing = standingAgainst(order, controls);
  if (standing !== null) return { is: 'STOPPED', why: standing.why };
  if (!open) return { is: 'UNPROVED' };
  return { is: isPurchaseToJudge(order, controls) ? 'WAITS' : 'OPEN' };
}

/** Of the cash the venue knows nothing: a cover, too, may cost more than there is. */
function isPurchaseToJudge(order: VenueOrder, controls: Controls): boolean {
  if (order.liquidation || order.side !== 'BUY') return false;
  return scopesOf(order).some((scope) => controls.of(scope).purchasesWait);
}

/** The widest first. */
function scopesOf({ accountId, symbol, strategy, liquidation }: VenueOrder): readonly Scope[] {
  const wide: readonly Scope[] = [{ kind: 'GLOBAL' }, { kind: 'SYMBOL', id: symbol }];
  if (liquidation) return wide;
  return [...wide, { kind: 'ACCOUNT', id: accountId }, { kind: 'STRATEGY', id: strategy }];
}
