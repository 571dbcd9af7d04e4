import type { AlertRecord } from '#contracts/alerts.ts';

/** Which alerts are wanted; what is left out does not matter. */
export interface AlertFilter {
  /** Only those that are neither acknowledged nor over. */
  readonly openOnly: boolean;
  readonly severity?: AlertRecord['severity'] | undefined;
  readonly code?: AlertRecord['code'] | undefined;
  readonly subject?: string | undefined;
}

/** The alerts of alerts.v1, as far as they have been read. */
export interface AlertBook {
  /** The most severe first, then the oldest. */
  list(filter: AlertFilter): readonly AlertRecord[];
  get(alertId: string): AlertRecord | null;
  /** A record that was just written: it shows at once. */
  take(record: AlertRecord): void;
}
