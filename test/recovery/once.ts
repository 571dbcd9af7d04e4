import type { ExecutionRecord, LiquidationOrderRecord } from '#contracts/case-events.ts';
import type { CaseEvent, Said } from './run-watch.ts';

/** Each sentence that is returned here is a failure. */

/** Each step of an episode happened once; only a call may be notified anew. */
export function repeatedSteps(events: readonly Said<CaseEvent>[]): string[] {
  const times = new Map<string, number>();
  for (const { event } of events) {
    if ('renotified' in event && event.renotified) continue;
    count(times, `${event.action} of ${event.account_id}, episode ${String(event.episode)}`, 1);
  }
  return [...times].flatMap(([step, n]) =>
    n === 1 ? [] : [`${step} happened ${String(n)} times`],
  );
}

/** No order traded more than it asked for, each came to one end, and none came from nowhere. */
export function wrongOrders(
  orders: ReadonlyMap<string, LiquidationOrderRecord>,
  executions: ReadonlyMap<string, ExecutionRecord>,
): string[] {
  const traded = new Map<string, number>();
  const ends = new Map<string, number>();
  for (const { order_id: orderId, last_qty: qty, status } of executions.values()) {
    count(traded, orderId, qty);
    count(ends, orderId, status === 'PARTIALLY_FILLED' ? 0 : 1);
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
