import { alertSchema, clearedAlert, mergeAlert, raisedAlert } from '#contracts/alerts.ts';
import type { AlertRecord } from '#contracts/alerts.ts';
import { decodeRecord } from '#contracts/decode-record.ts';
import { LEASE_MS } from '#contracts/gate-leases.ts';
import type { UnreadableControlRecord } from '#contracts/gate-leases.ts';
import { TOPICS } from '#contracts/topics.ts';
import type { Clock } from '#ports/clock.ts';
import type { Logger } from '#ports/logger.ts';
import type { Publisher } from '#ports/publisher.ts';
import type { InboundRecord } from '#ports/records.ts';
import type { LivingLeases } from './living-leases.ts';
import { RegularLooks } from './regular-looks.ts';

const CODE = 'CONTROL_UNREADABLE';

export interface UnreadableWatchParts {
  readonly leases: LivingLeases;
  readonly publisher: Publisher;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Calls a person when a gate or venue adapter stops a scope because it cannot read a control, and says so
 * when none does any more: by their own words, because another process may read it.
 */
export class UnreadableWatch {
  readonly #parts: UnreadableWatchParts;
  /** By control, the last alert about it. */
  readonly #told = new Map<string, AlertRecord>();
  readonly #looks = new RegularLooks(LEASE_MS, () => this.#look());

  constructor(parts: UnreadableWatchParts) {
    this.#parts = parts;
  }

  /** To be called when alerts.v1 has been read: the first look is when every living lease was heard. */
  start(): void {
    this.#looks.start();
  }

  stop(): Promise<void> {
    return this.#looks.stop();
  }

  /** Takes records of alerts.v1. */
  takeAlerts(records: readonly InboundRecord[]): void {
    for (const { value } of records) {
      const decoded = decodeRecord(alertSchema, value, null);
      if (decoded.ok && decoded.record.code === CODE) this.#tell(decoded.record);
    }
  }

  /** What is to be said at `now`, ms. */
  news(now: number): readonly AlertRecord[] {
    const leases = this.#parts.leases.at(now);
    const named = new Map<string, UnreadableControlRecord>();
    for (const control of leases.flatMap(({ unreadable }) => unreadable)) {
      named.set(`${control.scope} ${placeOf(control)}`, control);
    }
    const raised = [...named].flatMap(([key, control]) => {
      const before = this.#told.get(key);
      if (before?.cleared_at === null) return [];
      return alertOf(control, before?.cleared_at ?? control.since, now);
    });
    // Nobody's silence says that it can be read.
    const over = leases.length === 0 ? [] : [...this.#told].filter(([key]) => !named.has(key));
    const cleared = over
      .filter(([, { cleared_at: at }]) => at === null)
      .map(([, alert]) => clearedAlert(alert, now));
    return [...raised, ...cleared];
  }

  async #look(): Promise<void> {
    const { publisher, clock, logger } = this.#parts;
    const news = this.news(clock.now());
    if (news.length === 0) return;
    try {
      await publisher.publish(
        news.map((alert) => ({
          topic: TOPICS.alerts.name,
          key: alert.subject,
          value: JSON.stringify(alert),
        })),
      );
      for (const alert of news) this.#tell(alert);
    } catch (error) {
      // It is looked at again.
      logger.warn({ event: 'alert_failed', err: error }, 'a person could not be called');
    }
  }

  #tell(alert: AlertRecord): void {
    const key = `${alert.subject} ${alert.correlation_id}`;
    const before = this.#told.get(key);
    if (before?.alert_id === alert.alert_id) this.#told.set(key, mergeAlert(before, alert));
    else if (before === undefined || before.since < alert.since) this.#told.set(key, alert);
  }
}

function alertOf(control: UnreadableControlRecord, since: number, now: number): AlertRecord {
  const { scope } = control;
  return raisedAlert({
    severity: 'CRITICAL',
    code: CODE,
    subject: scope,
    what:
      `${placeOf(control)} cannot be read, and may be a kill: ${scope} is stopped. Run one release of all ` +
      `parts; then kill ${scope}, and have that kill lifted`,
    since,
    timestamp: now,
    correlation_id: placeOf(control),
    occurrence: placeOf(control),
  });
}

function placeOf({ topic, partition, offset }: UnreadableControlRecord): string {
  return `${topic}:${String(partition)}:${String(offset)}`;
}
