import { createHash } from 'node:crypto';
import { raisedAlert } from '#contracts/alerts.ts';
import type { ControlCommandInput } from '#contracts/control-commands.ts';
import { onTheWire } from '#contracts/order-monitor-policy.ts';
import { TOPICS } from '#contracts/topics.ts';
import type { Breach, Metric } from '#domain/monitor/order-monitor.ts';
import { scopeName } from '#domain/scopes.ts';
import type { OutboundRecord } from '#ports/records.ts';

/** Who commands, and so whose holder it is (contracts/control-commands.ts). */
const MONITOR = 'order-monitor';

/**
 * The id of an episode's command: of scope, metric and the order with which the breach began, so that
 * it is the same when the orders are read again, and another for the next breach.
 */
export function commandIdOf(scope: string, metric: Metric, beganWith: string): string {
  const hash = createHash('sha256').update(`${scope} ${metric} ${beganWith}`).digest('hex');
  return `monitor-${hash.slice(0, 40)}`;
}

/**
 * What a breach leads to: a command, and a person who hears of it; or that person alone. `beganWith` is the
 * event id of its first order.
 */
export function breachRecords(
  breach: Breach,
  maxRatePerSecond: number | null,
  beganWith: string,
  now: number,
): { readonly id: string; readonly records: readonly OutboundRecord[] } {
  const scope = scopeName(breach.scope);
  const id = commandIdOf(scope, breach.metric, beganWith);
  const reason = reasonOf(breach);
  const alert = raisedAlert({
    severity: 'WARNING',
    code: 'ORDER_FLOW',
    subject: scope,
    what: `${scope}: ${reason}. ${WHAT_TO_DO[breach.action]}`,
    since: now,
    timestamp: now,
    correlation_id: id,
    occurrence: id,
  });
  const told = { topic: TOPICS.alerts.name, key: scope, value: JSON.stringify(alert) };
  if (breach.action === 'ALERT') return { id, records: [told] };
  const common = {
    cmd_id: id,
    ts: now,
    scope,
    reason,
    triggered_by: MONITOR,
    metric: breach.metric,
    value: onTheWire(breach.metric, breach.value),
    corr_id: id,
  };
  const command: ControlCommandInput =
    breach.action === 'THROTTLE'
      ? { ...common, action: 'THROTTLE', max_rate_per_second: maxRatePerSecond ?? 0 }
      : { ...common, action: 'KILL', mode: breach.action === 'KILL' ? 'BLOCK' : 'REDUCE_ONLY' };
  const value = JSON.stringify(command);
  return { id, records: [{ topic: TOPICS.controlCommands.name, key: scope, value }, told] };
}

const WHAT_TO_DO: Readonly<Record<Breach['action'], string>> = {
  ALERT: 'Look at its orders; if nobody can explain them and it is not killed yet, kill it',
  THROTTLE: 'The monitor has throttled it: look at its orders, then lift it with unkill',
  KILL: 'The monitor has killed it: look at its orders, then lift it with unkill',
  REDUCE_ONLY: 'The monitor lets it reduce only: look at its orders, then lift it with unkill',
};

/** As the reference has it: `Order rate breach: 150 orders in 60s`. */
function reasonOf({ metric, value, threshold }: Breach): string {
  const window = metric.slice(metric.lastIndexOf('_') + 1);
  const [seen, limit] = [onTheWire(metric, value), onTheWire(metric, threshold)];
  if (metric.startsWith('order_rate')) {
    return `Order rate breach: ${String(seen)} orders in ${window}, limit ${String(limit)}`;
  }
  if (metric.startsWith('notional')) {
    return `Notional breach: ${String(seen)} dollars in ${window}, limit ${String(limit)}`;
  }
  const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
  return `Concentration breach: ${percent(seen)} in one symbol in ${window}, limit ${percent(limit)}`;
}
