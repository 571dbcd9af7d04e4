import { alertSchema, bySeverity, isOpenAlert, mergeAlert } from '#contracts/alerts.ts';
import type { AlertRecord } from '#contracts/alerts.ts';
import { decodeRecord } from '#contracts/decode-record.ts';
import type { AlertBook, AlertFilter } from '#ports/alert-book.ts';
import type { InboundRecord } from '#ports/records.ts';

/** Some 1 kB each. Beyond, settled alerts are forgotten, the oldest first; then open ones. */
const ALERTS_MAX = 50_000;

/** Every alert that alerts.v1 tells of, with all that was said of it (contracts/alerts.ts). */
export class AlertsRead implements AlertBook {
  readonly #max: number;
  /** In the order in which they were last heard of. */
  readonly #open = new Map<string, AlertRecord>();
  readonly #settled = new Map<string, AlertRecord>();

  constructor(max = ALERTS_MAX) {
    this.#max = max;
  }

  /** Records of the log, in the order of each partition. What does not fit the schema is passed over. */
  read(records: readonly InboundRecord[]): void {
    for (const { key, value } of records) {
      const decoded = decodeRecord(alertSchema, value, key);
      if (decoded.ok) this.take(decoded.record);
    }
  }

  take(record: AlertRecord): void {
    const alert = mergeAlert(this.get(record.alert_id) ?? undefined, record);
    this.#open.delete(alert.alert_id);
    this.#settled.delete(alert.alert_id);
    (isOpenAlert(alert) ? this.#open : this.#settled).set(alert.alert_id, alert);
    if (this.#open.size + this.#settled.size > this.#max) this.#forgetOne();
  }

  get(alertId: string): AlertRecord | null {
    return this.#open.get(alertId) ?? this.#settled.get(alertId) ?? null;
  }

  list({ openOnly, severity, code, subject }: AlertFilter): readonly AlertRecord[] {
    const known = [...this.#open.values(), ...(openOnly ? [] : this.#settled.values())];
    return known
      .filter(
        (alert) =>
          (severity === undefined || alert.severity === severity) &&
          (code === undefined || alert.code === code) &&
          (subject === undefined || alert.subject === subject),
      )
      .sort(bySeverity);
  }

  #forgetOne(): void {
    const from = this.#settled.size > 0 ? this.#settled : this.#open;
    const [oldest] = from.keys();
    if (oldest !== undefined) from.delete(oldest);
  }
}
