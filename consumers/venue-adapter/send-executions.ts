import { TOPICS } from '#contracts/topics.ts';
import type { SendInTransaction } from '#ports/partition-owner.ts';
import { encodeExecution, encodeFill } from './execution-records.ts';
import type { VenueExecution } from './venue-book.ts';

/**
 * Sends executions, their fills first, so that each execution names the place of its fill (DESIGN 12).
 * `partition` is that of the orders; `now` is Unix ms.
 */
export async function sendExecutions(
  send: SendInTransaction,
  executions: readonly VenueExecution[],
  { partition, now }: { readonly partition: number; readonly now: number },
): Promise<void> {
  if (executions.length === 0) return;
  const withFill = executions.map((execution) => ({ execution, fill: encodeFill(execution, now) }));
  const fills = withFill.flatMap(({ fill }) =>
    fill === null
      ? []
      : [{ topic: TOPICS.fills.name, key: fill.account_id, value: JSON.stringify(fill) }],
  );
  const positions = fills.length === 0 ? [] : await send(fills);
  let next = 0;
  await send(
    withFill.map(({ execution, fill }) => ({
      topic: TOPICS.executions.name,
      key: execution.order.accountId,
      partition,
      value: JSON.stringify(
        encodeExecution(execution, fill === null ? null : (positions[next++] ?? null), now),
      ),
    })),
  );
}
