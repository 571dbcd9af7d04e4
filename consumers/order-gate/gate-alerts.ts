import { clearedAlert, raisedAlert } from '#contracts/alerts.ts';
import type { AlertRecord } from '#contracts/alerts.ts';
import type { GatedDecision } from '#contracts/gated-orders.ts';
import { TOPICS } from '#contracts/topics.ts';
import { fromE4 } from '#contracts/wire.ts';
import type { NewOrder, Order } from '#domain/gate/orders.ts';
import type { QuotaAlert } from '#domain/gate/quotas.ts';
import { scopeName } from '#domain/scopes.ts';
import type { OutboundRecord } from '#ports/records.ts';

/** What the decisions of a partition call people for, told in their order and of every owner's. */
export class GateAlerts {
  readonly #partition: number;
  /** By account and cause, of liquidations that are held: a person is called once for each. */
  readonly #held = new Map<string, AlertRecord>();

  constructor(partition: number) {
    this.#partition = partition;
  }

  of(
    order: Order,
    decision: GatedDecision,
    limitsNearlyUsed: readonly QuotaAlert[] = [],
  ): OutboundRecord[] {
    const raised = limitsNearlyUsed.map((alert) => this.#limitNearlyUsed(alert, decision));
    if (order.type === 'NEW' && order.liquidation) {
      if (decision.decision === 'ALLOW') raised.push(...this.#noLongerHeld(order, decision));
      if (decision.decision === 'DROP') {
        raised.push(...this.#liquidationHeld(order, String(decision.observed), decision));
      }
    }
    return raised.map((alert) => ({
      topic: TOPICS.alerts.name,
      key: alert.subject,
      value: JSON.stringify(alert),
    }));
  }

  #limitNearlyUsed({ scope, level, usedE4, limitE4 }: QuotaAlert, decision: GatedDecision) {
    const [used, limit] = [fromE4(usedE4), fromE4(limitE4)];
    return raisedAlert({
      severity: 'WARNING',
      code: 'LIMIT_NEARLY_USED',
      subject: scopeName(scope),
      what:
        `${scopeName(scope)} has used ${String(used)} of the ${String(limit)} dollars that partition ` +
        `${String(this.#partition)} may open today: raise the limit, or let it end`,
      since: decision.ts,
      timestamp: decision.ts,
      correlation_id: decision.event_id,
      occurrence: `${String(this.#partition)}/${String(level.e6)}`,
    });
  }

  #liquidationHeld(order: NewOrder, cause: string, decision: GatedDecision): AlertRecord[] {
    const held = `${order.accountId} ${cause}`;
    if (this.#held.has(held)) return [];
    const alert = raisedAlert({
      severity: 'CRITICAL',
      code: 'LIQUIDATION_HELD',
      subject: order.accountId,
      what: `${cause} holds the liquidation of ${order.symbol}: lift it, or sell by other means`,
      since: decision.ts,
      timestamp: decision.ts,
      correlation_id: decision.event_id,
      occurrence: cause,
    });
    this.#held.set(held, alert);
    return [alert];
  }

  /** A liquidation has passed: what held the account's is over, but for a kill of another symbol. */
  #noLongerHeld({ accountId, symbol }: NewOrder, { ts }: GatedDecision): AlertRecord[] {
    const over = [...this.#held].filter(([held]) => {
      const cause = held.slice(accountId.length + 1);
      const isOfAccount = held.startsWith(`${accountId} `);
      return isOfAccount && (!cause.startsWith('SYMBOL:') || cause === `SYMBOL:${symbol}`);
    });
    return over.map(([held, alert]) => {
      this.#held.delete(held);
      return clearedAlert(alert, ts);
    });
  }
}
