import { endsOrder } from '#contracts/case-events.ts';
import type { ExecutionRecord, LiquidationOrderRecord } from '#contracts/case-events.ts';
import { isOfStress } from './run-watch.ts';
import type { CaseEvent, Said } from './run-watch.ts';

/** Each sentence that is returned here is a failure. */

/** Each step of an episode happened once; a call may be notified anew, and stress comes and goes. */
export function repeatedSteps(events: readonly Said<CaseEvent>[]): string[] {
  const times = new Map<string, number>();
  for (const { event } of events) {
    if (('renotified' in event && event.renotified) || isOfStress(event)) continue;
    count(times, `${event.action} of ${event.account_id}, episode ${String(event.episode)}`, 1);
  }
  return [...times].flatMap(([step, n]) =>
    n === 1 ? [] : [`${step} happened ${String(n)} times`],
  );
}

/** The stress holder is put on and lifted in turn, whatever the episode. */
export function repeatedStress(events: readonly Said<CaseEvent>[]): string[] {
  const last = new Map<string, string>();
  const wrong: string[] = [];
  for (const { event } of events) {
    if (!isOfStress(event)) continue;
    const { account_id: accountId, action } = event;
    if ((last.get(accountId) ?? 'LIFTED') === action) {
      wrong.push(`${action} of ${accountId} by stress came twice in a row`);
    }
    last.set(accountId, action);
  }
  return wrong;
}

/**
 * A customer is told of a step at most once over each channel (docs/decisions/notices.md): who reads
 * "liquidation started" twice sells twice. `deliveries`: the attempts that arrived, by notice and channel.
 */
export function repeatedNotices(deliveries: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  return [...deliveries].flatMap(([notice, { size }]) =>
    size === 1 ? [] : [`${notice} was delivered ${String(size)} times`],
  );
}

/** No order traded more than it asked for, each came to one end, and none came from nowhere. */
export function wrongOrders(
  orders: ReadonlyMap<string, LiquidationOrderRecord>,
  executions: ReadonlyMap<string, ExecutionRecord>,
): string[] {
  const traded = new Map<string, number>();
  const ends = new Map<string, number>();
  for (const execution of executions.values()) {
    const { order_id: orderId, last_qty: qty } = execution;
    count(traded, orderId, qty);
    count(ends, orderId, endsOrder(execution) ? 1 : 0);
  }
  const wrong: string[] = [];
  for (const [orderId, { qty }] of orders) {
    const sold = traded.get(orderId) ?? 0;
    const ended = ends.get(orderId) ?? 0;
    if (sold > qty) wrong.push(`order ${orderId} of ${String(qty)} traded ${String(sold)}`);
    if (ended !== 1) wrong.push(`order ${orderId} came to ${String(ended)} ends`);
  }
  const strangers = [...traded.keys()].filter((orderId) => !orders.has(orderId));
  return [...wrong, ...strangers.map((orderId) => `order ${orderId} traded and was never sent`)];
}

function count(counts: Map<string, number>, key: string, by: number): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}
