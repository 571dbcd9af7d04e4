import type {
  AccountState,
  AccountSummary,
  RungName,
  StatusName,
} from '#contracts/account-state.ts';
import type { CaseSnapshot } from '#contracts/case-events.ts';
import type { MarginCalcRecord } from '#contracts/margin-figures.ts';

/** The last known state of every account: a projection, for people and lists, never for decisions. */
export interface AccountIndex {
  /** null when nothing was ever heard of the account. */
  get(accountId: string): Promise<AccountState | null>;
  /** A page of accounts, the most severe rung first, then by account id. */
  list(query: AccountQuery): Promise<AccountPage>;
}

export interface AccountQuery {
  readonly rung?: RungName | undefined;
  readonly status?: StatusName | undefined;
  /** 1 … 500 accounts. */
  readonly limit: number;
  /** Where the page before ended. */
  readonly after?: ListPosition | undefined;
}

/** A place in the list: after this account of this rung. An empty `accountId` is before the first. */
export interface ListPosition {
  readonly rung: RungName;
  readonly accountId: string;
}

export interface AccountPage {
  readonly accounts: readonly AccountSummary[];
  /** null after the last account. A page with a filter can be short although more follow. */
  readonly next: ListPosition | null;
}

/**
 * What became of a write. STALE: its version is not later than the stored one, nothing changed.
 * REFUSED: the store cannot hold it, and never will. GONE: there is no index any more, nothing is held.
 * `rung` is the one that the index now has.
 */
export type IndexWrite =
  | { readonly outcome: 'WRITTEN'; readonly rung: RungName }
  | { readonly outcome: 'STALE' | 'GONE' }
  | { readonly outcome: 'REFUSED'; readonly reason: string };

/**
 * Writes the projection. Figures and case have versions of their own; neither overwrites the other.
 * Rejects while the store is away.
 */
export interface AccountIndexWriter {
  writeFigures(figures: MarginCalcRecord): Promise<IndexWrite>;
  writeCase(accountId: string, snapshot: CaseSnapshot): Promise<IndexWrite>;
}
