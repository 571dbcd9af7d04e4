import type { AlertRecord } from '#contracts/alerts.ts';
import type { Paint } from './account-text.ts';

/** Alerts for a person at a terminal. */

const MS_PER_MINUTE = 60_000;
const MINUTES_PER_HOUR = 60;
const HOURS_PER_DAY = 24;

/** Alerts, three lines each: what it is, what happened, how to take it on. */
export function alertsText(alerts: readonly AlertRecord[], now: number, paint: Paint): string {
  if (alerts.length === 0) return 'No alerts.\n';
  return alerts
    .map(
      (alert) =>
        `${alertLine(alert, now, paint)}  ${alert.what}\n  ${paint('dim', alert.alert_id)}\n`,
    )
    .join('\n');
}

/** One alert in one line: how severe, what, of whom, since when, and who has it. */
export function alertLine(alert: AlertRecord, now: number, paint: Paint): string {
  const { severity, code, subject, since } = alert;
  const style = severity === 'CRITICAL' ? 'red' : 'yellow';
  const times = alert.count > 1 ? `, ${String(alert.count)} times` : '';
  const words = [paint(style, severity.padEnd(8)), code, paint('bold', subject)];
  return `${words.join(' ')} since ${agoText(now - since)}${times}, ${stateText(alert)}\n`;
}

function stateText({ acknowledged_by, cleared_at, pages }: AlertRecord): string {
  if (acknowledged_by !== null) return `acknowledged by ${acknowledged_by}`;
  if (cleared_at !== null) return 'over';
  if (pages === 0) return 'not paged yet';
  return pages === 1 ? 'paged once' : `paged ${String(pages)} times`;
}

function agoText(ms: number): string {
  const minutes = Math.floor(Math.max(0, ms) / MS_PER_MINUTE);
  if (minutes < 1) return 'less than a minute';
  if (minutes < MINUTES_PER_HOUR) return `${String(minutes)} min`;
  const hours = Math.floor(minutes / MINUTES_PER_HOUR);
  if (hours < HOURS_PER_DAY) return `${String(hours)} h`;
  return `${String(Math.floor(hours / HOURS_PER_DAY))} days`;
}
