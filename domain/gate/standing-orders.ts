import { scopeName } from '../scopes.ts';
import type { ControlView } from './control-view.ts';
import type { AccountExposure, OpenOrder } from './exposure.ts';

/** An open order that the controls no longer let stand, and the scope whose control that is. */
export interface OrderToCancel {
  readonly order: OpenOrder;
  readonly scope: string;
}

/**
 * The open orders of an account that its controls do not let stand (RULES, Close-only: on entering):
 * under BLOCK all but the firm's own liquidations, which a wide BLOCK alone stops; under REDUCE_ONLY and
 * close-only those that add exposure, and of the reducing ones the newest, until the rest fits the
 * position.
 */
export function ordersToCancel(
  controls: ControlView,
  accountId: string,
  exposure: AccountExposure,
): OrderToCancel[] {
  const newestFirst = [...exposure.openOrders()].reverse();
  const excessE4 = new Map<string, number>();
  for (const { symbol, side, leavesE4 } of newestFirst) {
    const positionE4 = exposure.positionE4(symbol);
    if (!reduces(side, positionE4)) continue;
    const beforeE4 = excessE4.get(symbol) ?? -Math.abs(positionE4);
    excessE4.set(symbol, beforeE4 + leavesE4);
  }
  const cancelled: OrderToCancel[] = [];
  for (const order of newestFirst) {
    const held = restrictionOf(controls, accountId, order);
    if (held === null) continue;
    const overE4 = excessE4.get(order.symbol) ?? 0;
    const fits = reduces(order.side, exposure.positionE4(order.symbol)) && overE4 <= 0;
    if (held.mode === 'REDUCE_ONLY' && fits) continue;
    if (reduces(order.side, exposure.positionE4(order.symbol))) {
      excessE4.set(order.symbol, overE4 - order.leavesE4);
    }
    cancelled.push({ order, scope: held.scope });
  }
  return cancelled;
}

function restrictionOf(
  controls: ControlView,
  accountId: string,
  order: OpenOrder,
): { readonly mode: 'BLOCK' | 'REDUCE_ONLY'; readonly scope: string } | null {
  const scoped = { accountId, symbol: order.symbol, strategy: order.strategy };
  const kill = order.liquidation ? controls.wideBlockOf(scoped) : controls.over(scoped).kill();
  if (kill !== null) return { mode: kill.mode, scope: scopeName(kill.scope) };
  if (order.liquidation || !controls.closeOnly(accountId)) return null;
  return { mode: 'REDUCE_ONLY', scope: scopeName({ kind: 'ACCOUNT', id: accountId }) };
}

function reduces(side: OpenOrder['side'], positionE4: number): boolean {
  return side === 'SELL' ? positionE4 > 0 : positionE4 < 0;
}
