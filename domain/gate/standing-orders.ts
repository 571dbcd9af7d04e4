import { scopeName } from '../scopes.ts';
import type { ControlView, KillMode, StandingKill } from './control-view.ts';
import type { AccountExposure } from './exposure.ts';
import { leavesNotionalE4 } from './open-order.ts';
import type { OpenOrder } from './open-order.ts';

/** An open order that the controls no longer let stand. */
export interface OrderToCancel {
  readonly order: OpenOrder;
  /** The scopes of all these controls, each once, the strictest first. At least one. */
  readonly scopes: readonly string[];
}

/**
 * The open orders of an account that its controls do not let stand (RULES, Close-only: on entering):
 * under BLOCK all but the firm's own liquidations, which a wide BLOCK alone stops; under REDUCE_ONLY and
 * close-only those that add exposure, and of the reducing ones the newest, until the rest fits the
 * position. Where no new debit or short may arise: of the sales beyond the position and of the purchases
 * beyond available cash the newest, until the rest fits.
 */
export function ordersToCancel(
  controls: ControlView,
  accountId: string,
  exposure: AccountExposure,
): OrderToCancel[] {
  // An exposure tells them symbol by symbol; the cash is one for all of them.
  const newestFirst = [...exposure.openOrders()].sort((a, b) => b.number - a.number);
  const standing = new StandingOrders(exposure, newestFirst);
  const cancelled: OrderToCancel[] = [];
  for (const order of newestFirst) {
    const held = restrictionsOf(controls, accountId, order).filter(
      ({ mode }) => !standing.fits(order, mode),
    );
    if (held.length === 0) continue;
    standing.remove(order);
    cancelled.push({ order, scopes: [...new Set(held.map(({ scope }) => scope))] });
  }
  return cancelled;
}

/** What of an account's open orders is left while the newest are taken away. */
class StandingOrders {
  readonly #exposure: AccountExposure;
  /** By symbol: how much more the reducing orders would trade than there is to reduce. */
  readonly #overE4 = new Map<string, number>();
  #claimedE4: number;

  constructor(exposure: AccountExposure, orders: readonly OpenOrder[]) {
    this.#exposure = exposure;
    this.#claimedE4 = exposure.buyLeavesNotionalE4();
    for (const order of orders) {
      if (this.#reduces(order)) this.#overE4.set(order.symbol, this.#over(order) + order.leavesE4);
    }
  }

  fits(order: OpenOrder, mode: Restriction['mode']): boolean {
    if (mode === 'BLOCK') return false;
    const { cashE4 } = this.#exposure;
    if (mode === 'NO_NEW_DEBIT_OR_SHORT' && order.side === 'BUY') {
      return cashE4 !== null && this.#claimedE4 <= cashE4;
    }
    return this.#reduces(order) && this.#over(order) <= 0;
  }

  remove(order: OpenOrder): void {
    if (order.side === 'BUY') this.#claimedE4 -= leavesNotionalE4(order);
    if (this.#reduces(order)) this.#overE4.set(order.symbol, this.#over(order) - order.leavesE4);
  }

  #over({ symbol }: OpenOrder): number {
    return this.#overE4.get(symbol) ?? -Math.abs(this.#exposure.positionE4(symbol));
  }

  #reduces({ side, symbol }: OpenOrder): boolean {
    const positionE4 = this.#exposure.positionE4(symbol);
    return side === 'SELL' ? positionE4 > 0 : positionE4 < 0;
  }
}

interface Restriction {
  readonly mode: KillMode | 'NO_NEW_DEBIT_OR_SHORT';
  readonly scope: string;
}

/** Everything that an order has to fit, the strictest first. */
function restrictionsOf(
  controls: ControlView,
  accountId: string,
  order: OpenOrder,
): readonly Restriction[] {
  const scoped = { accountId, symbol: order.symbol, strategy: order.strategy };
  const over = controls.over(scoped);
  const kills = over.kills().filter((kill) => !order.liquidation || isWideBlock(kill));
  const standing: Restriction[] = kills.map(({ mode, scope }) => ({
    mode,
    scope: scopeName(scope),
  }));
  if (order.liquidation) return standing;
  const scope = scopeName({ kind: 'ACCOUNT', id: accountId });
  if (over.closeOnly) standing.push({ mode: 'REDUCE_ONLY', scope });
  if (over.noNewDebitOrShort) standing.push({ mode: 'NO_NEW_DEBIT_OR_SHORT', scope });
  return standing;
}

/** What alone holds the firm's own liquidations. */
function isWideBlock({ mode, scope }: StandingKill): boolean {
  return mode === 'BLOCK' && (scope.kind === 'GLOBAL' || scope.kind === 'SYMBOL');
}
