import type { RecordActivity, RecordAnswer, StepsRequest } from '#contracts/case-activities.ts';
import { withheldOrders } from '#domain/ladder-firm.ts';
import type { ActivityAttempt } from '#ports/activity-attempt.ts';
import type { Clock } from '#ports/clock.ts';
import type { FirmWatch } from '#ports/firm-enforcement.ts';

export interface OrderSendingPorts {
  readonly firm: Pick<FirmWatch, 'holds'>;
  readonly attempt: () => ActivityAttempt;
  readonly clock: Clock;
}

/**
 * Writes liquidation orders, but for those that the firm holds at this very moment: between the reading on
 * which the case decided and the orders lie the customer's notice, retries and a worker's end. Rejects
 * when it cannot be proved what is held.
 */
export async function sendOrders(
  { firm, attempt, clock }: OrderSendingPorts,
  request: StepsRequest,
  record: RecordActivity,
): Promise<RecordAnswer> {
  const { action } = request;
  if (action.type !== 'ORDERS') throw new Error(`${action.type} has no orders to send`);
  const held = withheldOrders(await firm.holds(), action.orders);
  if (held === null) return record(request);
  const orders = action.orders.filter((order) => !held.orders.includes(order));
  const answer =
    orders.length === 0
      ? { ackAt: clock.now() }
      : await record({ ...request, action: { ...action, orders } });
  const orderIds = held.orders.map(({ orderId }) => orderId);
  // An attempt before may have seen no hold, and have sent them.
  const mayBeOut = attempt().isRepeated;
  return { ...answer, withheld: { orderIds, reason: held.reason, mayBeOut } };
}
