import { decodeRecord } from '#contracts/decode-record.ts';
import { decodeAccepted, decodeGatedOrder, gatedOrderSchema } from '#contracts/gated-orders.ts';
import type { GatedDecision } from '#contracts/gated-orders.ts';
import { TOPICS } from '#contracts/topics.ts';
import { dayOf } from '#domain/calendar.ts';
import type { Gate } from '#domain/gate/gate.ts';
import type { NewOrder } from '#domain/gate/orders.ts';
import { Ownership } from '#domain/gate/ownership.ts';
import { NO_ALERTS } from '#domain/gate/quotas.ts';
import type { QuotaAlert } from '#domain/gate/quotas.ts';
import type { Lane } from '#ports/partition-group.ts';
import type { InboundRecord, OutboundRecord } from '#ports/records.ts';
import type { Accounts, ReadExecution } from './accounts.ts';
import type { GateAlerts } from './gate-alerts.ts';

const GATED = TOPICS.gatedOrders.name;
const EXECUTIONS = TOPICS.executions.name;
const FIGURES = TOPICS.marginCalc.name;

/** Executions of orders that may still work are no older. */
const EXECUTIONS_MS = 2 * 86_400_000;

/**
 * So long after its end nothing of an order is under way any more: a last fill lies on executions.v1 if
 * there was one. That topic is not read far enough back to know of every order in the log.
 */
const OVER_AFTER_MS = 60_000;

/** What an order that was decided before still needs: what follows from its decision may be missing. */
export interface DecidedBefore {
  readonly decision: GatedDecision;
  readonly offset: number;
  /** Under which account it lies. */
  readonly accountId: string;
  /** What it called people for. */
  readonly alerts: readonly OutboundRecord[];
}

export interface RestoreParts {
  readonly lane: Lane;
  readonly gate: Gate;
  readonly accounts: Accounts;
  readonly alerts: GateAlerts;
  /** Per order topic the first offset that is not finished. */
  readonly committed: ReadonlyMap<string, number>;
  /** Unix ms. */
  readonly now: number;
}

export interface RestoredGate {
  /** By event id: decisions of earlier owners on orders that are not finished. */
  readonly decided: Map<string, DecidedBefore>;
  /** Where to go on with what the engine and the venue tell. */
  readonly startAt: ReadonlyMap<string, number>;
}

/**
 * What earlier owners of a partition let pass and what became of it: ids, reservations, the day's
 * limits, positions, the liquidations that are held. The gate's own log decides (DESIGN 19): one that cannot be read stops the take-over,
 * because without it nobody knows what passed.
 */
export async function restoreGate(parts: RestoreParts): Promise<RestoredGate> {
  const { lane, accounts, now } = parts;
  const executions: ReadExecution[] = [];
  const executionsFrom = await lane.readToEnd(
    EXECUTIONS,
    (records) => {
      for (const record of records) {
        const read = accounts.readExecution(record);
        if (read !== null) executions.push(read);
      }
    },
    { sinceMs: now - EXECUTIONS_MS },
  );
  const figuresFrom = await lane.readToEnd(FIGURES, (records) => {
    for (const record of records) accounts.takeFigures(record);
  });
  const decided = await restoreDecisions(parts, whatExecutionsTell(executions, accounts));
  for (const { accountId, execution } of executions) accounts.open(accountId).execution(execution);
  return {
    decided,
    startAt: new Map([
      [EXECUTIONS, executionsFrom],
      [FIGURES, figuresFrom],
    ]),
  };
}

async function restoreDecisions(
  parts: RestoreParts,
  executed: Executed,
): Promise<Map<string, DecidedBefore>> {
  const decided = new Map<string, DecidedBefore>();
  const ownership = new Ownership();
  await parts.lane.readToEnd(GATED, (records) => {
    for (const record of records) {
      const told = readOwn(record);
      if (told.kind === 'OWNER') {
        ownership.marker(record.offset);
        continue;
      }
      if (!ownership.isValid(told.epoch, record.offset)) continue;
      const order = decodeGatedOrder(told);
      const limits = restoreOne(parts, told, order, executed);
      // In the order of decisions, and of all: what one called a person for another may have ended.
      const alerts = order === null ? [] : parts.alerts.of(order, told, limits);
      const { source } = told;
      if (source.offset < (parts.committed.get(source.topic) ?? 0)) continue;
      const { offset, key } = record;
      decided.set(told.event_id, { decision: told, offset, accountId: key ?? 'UNKNOWN', alerts });
    }
  });
  return decided;
}

/** One valid decision, in the order of decisions; returns the limits that it nearly used up. */
function restoreOne(
  { gate, accounts, now }: RestoreParts,
  told: GatedDecision,
  order: NewOrder | null,
  { ended, unsettled }: Executed,
): readonly QuotaAlert[] {
  // What was not looked at as an order does not count as decided.
  if (told.order === null || told.decision === 'DUPLICATE' || told.code === 'EXPIRED') {
    return NO_ALERTS;
  }
  const accepted = decodeAccepted(told);
  if (order === null || accepted === null) {
    gate.remember(told.order.account_id, told.order.order_id);
    return NO_ALERTS;
  }
  accounts.open(order.accountId);
  const today = dayOf(told.ts) === dayOf(now);
  const name = keyOf(order);
  const isOver = told.expires_at !== null && told.expires_at + OVER_AFTER_MS < now;
  if ((ended.has(name) || isOver) && !unsettled.has(name)) {
    return gate.restoreFinished(order, accepted, today);
  }
  return gate.restore(order, accepted, today);
}

function readOwn(record: InboundRecord) {
  const decoded = decodeRecord(gatedOrderSchema, record.value, null);
  if (decoded.ok) return decoded.record;
  const { topic, partition, offset } = record;
  const { code, reason } = decoded.refusal;
  throw new Error(
    `${topic}/${String(partition)} offset ${String(offset)} cannot be read (${code}: ${reason}): ` +
      'without its own log a gate cannot know what it let pass',
  );
}

/** What the executions tell of orders, by the name of each. */
interface Executed {
  readonly ended: ReadonlySet<string>;
  /**
   * Orders with a fill that the figures do not have yet: they are restored as open, so that their
   * executions, told again, hold the margin back.
   */
  readonly unsettled: ReadonlySet<string>;
}

function whatExecutionsTell(executions: readonly ReadExecution[], accounts: Accounts): Executed {
  const ended = new Set<string>();
  const unsettled = new Set<string>();
  for (const { accountId, isTerminal, execution } of executions) {
    const name = keyOf({ accountId, orderId: execution.orderId });
    if (isTerminal) ended.add(name);
    if (!accounts.open(accountId).includes(execution.fillOffset)) unsettled.add(name);
  }
  return { ended, unsettled };
}

/** Two accounts may name their orders alike. */
function keyOf({
  accountId,
  orderId,
}: {
  readonly accountId: string;
  readonly orderId: string;
}): string {
  return `${accountId} ${orderId}`;
}
