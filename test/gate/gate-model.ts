import type { NewOrder, Order } from '#domain/gate/orders.ts';
import { scopeName } from '#domain/scopes.ts';
import { isOpposite, reserveE4 } from './model-account.ts';
import type { ModelAccount, ModelOrder } from './model-account.ts';

/** What the gate should say, by the words of RULES.md and nothing of the gate's own. */

export type ModelMode = 'BLOCK' | 'REDUCE_ONLY';

export const AGE_MS_MAX = 5_000;
const WINDOW_MS = 1_000;

interface ModelThrottle {
  readonly rate: number;
  /** `ts` of every order that passed under it. */
  readonly passed: number[];
}

export class GateModel {
  now: number;
  fresh = true;
  figuresFresh = true;
  readonly kills = new Map<string, ModelMode>();
  readonly closeOnly = new Set<string>();
  readonly throttles = new Map<string, ModelThrottle>();
  readonly accounts = new Map<string, ModelAccount>();
  readonly pricesE4 = new Map<string, number>();
  readonly #symbols: readonly string[];
  readonly #decided = new Set<string>();

  constructor(now: number, symbols: readonly string[]) {
    this.now = now;
    this.#symbols = symbols;
  }

  /** What is said to an order, and what it takes if it passes. */
  decide(order: Order): string {
    if (order.type === 'NEW' && this.#isTooOld(order)) return 'EXPIRED';
    const name = `${order.accountId}/${order.orderId}`;
    if (this.#decided.has(name)) return 'DUPLICATE';
    this.#decided.add(name);
    if (order.type === 'CANCEL') return 'ALLOW';
    const account = this.accounts.get(order.accountId);
    if (!this.fresh || account === undefined) return 'CONTROL_STALE';
    const code = this.#refusal(order, account);
    if (code !== null) return code;
    const { orderId, symbol, side, strategy, liquidation, qtyE4: leavesE4, priceE4 } = order;
    const adverseE4 = this.#adverseE4(order);
    const taken = { orderId, symbol, side, strategy, liquidation, leavesE4, priceE4, adverseE4 };
    account.orders.push(taken);
    if (!liquidation) this.countPassed(order);
    return 'ALLOW';
  }

  countPassed(order: NewOrder): void {
    for (const { passed } of this.#throttlesOf(order)) passed.push(order.ts);
  }

  isDecided({ accountId, orderId }: Order): boolean {
    return this.#decided.has(`${accountId}/${orderId}`);
  }

  /** What the controls leave to an order that stands. */
  modeOver(order: ModelOrder, accountId: string): ModelMode | null {
    const wide = ['GLOBAL', `SYMBOL:${order.symbol}`];
    const own = [`ACCOUNT:${accountId}`, `STRATEGY:${order.strategy}`];
    const modes = (order.liquidation ? wide : [...wide, ...own]).map((name) =>
      this.kills.get(name),
    );
    if (modes.includes('BLOCK')) return 'BLOCK';
    if (order.liquidation) return null;
    return modes.includes('REDUCE_ONLY') || this.closeOnly.has(accountId) ? 'REDUCE_ONLY' : null;
  }

  #isTooOld({ ts, validUntil }: NewOrder): boolean {
    return validUntil === null ? this.now - ts > AGE_MS_MAX : this.now > validUntil;
  }

  #refusal(order: NewOrder, account: ModelAccount): string | null {
    const { accountId, symbol, side, qtyE4, liquidation } = order;
    const positionE4 = account.positionE4(symbol);
    const reduces =
      isOpposite(side, positionE4) && qtyE4 + account.reducingE4(symbol) <= Math.abs(positionE4);
    const names = ['GLOBAL', `SYMBOL:${symbol}`];
    if (!liquidation) names.push(`ACCOUNT:${accountId}`, `STRATEGY:${order.strategy}`);
    const modes = names.map((name) => this.kills.get(name));
    if (modes.includes('BLOCK')) return 'KILLED';
    if (liquidation) return reduces ? null : 'CLOSE_ONLY';
    if (modes.includes('REDUCE_ONLY') && !reduces) return 'KILLED';
    if (this.closeOnly.has(accountId) && !reduces) return 'CLOSE_ONLY';
    if (this.#throttlesOf(order).some((throttle) => isOver(throttle, order.ts))) return 'THROTTLE';
    return this.#hasCredit(order, account) ? null : 'CREDIT';
  }

  #hasCredit(order: NewOrder, account: ModelAccount): boolean {
    const { symbol, side, qtyE4, priceE4 } = order;
    const opensE4 = account.opensE4(symbol, side, qtyE4);
    if (opensE4 === 0) return true;
    const ownE4 = reserveE4(opensE4, { priceE4, adverseE4: this.#adverseE4(order) });
    const neededE4 = account.reservedE4(this.#symbols) + account.unsettledE4 + ownE4;
    return this.figuresFresh && neededE4 <= account.excessE4;
  }

  #adverseE4({ symbol, side, priceE4 }: NewOrder): number {
    const lastE4 = this.pricesE4.get(symbol) ?? 0;
    return Math.max(0, side === 'BUY' ? priceE4 - lastE4 : lastE4 - priceE4);
  }

  #throttlesOf({ accountId, symbol, strategy }: NewOrder): ModelThrottle[] {
    return [
      scopeName({ kind: 'GLOBAL' }),
      scopeName({ kind: 'ACCOUNT', id: accountId }),
      scopeName({ kind: 'SYMBOL', id: symbol }),
      scopeName({ kind: 'STRATEGY', id: strategy }),
    ].flatMap((name) => this.throttles.get(name) ?? []);
  }
}

/** Would any window of a second with `ts` in it hold more than the rate? */
function isOver({ passed, rate }: ModelThrottle, ts: number): boolean {
  const all = [...passed, ts];
  return all
    .filter((from) => from <= ts && ts - from < WINDOW_MS)
    .some((from) => all.filter((one) => one >= from && one - from < WINDOW_MS).length > rate);
}
