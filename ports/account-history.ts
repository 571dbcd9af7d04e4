import type { HistoryEntry } from '#contracts/account-history.ts';
import type { AccountAuditRecord } from '#contracts/case-events.ts';
import type { MarginCalcRecord } from '#contracts/margin-figures.ts';

/** What became of each account over the last thirty days: a projection, never for decisions. */
export interface AccountHistory {
  /** A page of an account's entries in the order of their time. Empty when there is none. */
  read(query: HistoryQuery): Promise<HistoryPage>;
}

export interface HistoryQuery {
  readonly accountId: string;
  /** Leaves the figures out. */
  readonly stepsOnly: boolean;
  /** The first and the last instant, Unix ms. */
  readonly from: number;
  readonly to: number;
  readonly order: 'OLDEST_FIRST' | 'NEWEST_FIRST';
  /** 1 … 500 entries. */
  readonly limit: number;
  /** Where the page before ended: the `next` of that page. */
  readonly after?: number | undefined;
  /** Entries that expired by then are gone, Unix ms. */
  readonly now: number;
}

export interface HistoryPage {
  readonly entries: readonly HistoryEntry[];
  /** null after the last entry. A page can be short although more follow. */
  readonly next: number | null;
}

/** EXPIRED: it is older than the history reaches back, nothing was written. GONE: there is no history. */
export type HistoryWrite =
  | { readonly outcome: 'WRITTEN' | 'STALE' | 'EXPIRED' | 'GONE' }
  | { readonly outcome: 'REFUSED'; readonly reason: string };

/** Writes history items. A repeated write changes nothing. Rejects while the store is away. */
export interface AccountHistoryWriter {
  /** `now` is Unix ms. */
  writeFigures(figures: MarginCalcRecord, now: number): Promise<HistoryWrite>;
  writeStep(event: AccountAuditRecord, now: number): Promise<HistoryWrite>;
}
