import type { CaseOrder, CaseSummary } from '#contracts/case-list.ts';
import type { RungName, StatusName } from '#contracts/account-state.ts';

/** The open cases, as last heard of: a projection, for people and lists, never for decisions. */
export interface OpenCases {
  list(query: CaseQuery): Promise<CasePage>;
}

export interface CaseQuery {
  /** `deficiency`: the largest first. `due`: the next due first, those without a call last. */
  readonly order: CaseOrder;
  readonly rung?: RungName | undefined;
  readonly status?: StatusName | undefined;
  /** Due at or after, at or before; Unix ms. Cases without a call are then left out. */
  readonly dueAfter?: number | undefined;
  readonly dueBefore?: number | undefined;
  /** Dollars. */
  readonly deficiencyMin?: number | undefined;
  readonly held?: boolean | undefined;
  /** 1 … 500 cases. */
  readonly limit: number;
  /** Where the page before ended: the `next` of that page. */
  readonly after?: string | undefined;
}

export interface CasePage {
  readonly cases: readonly CaseSummary[];
  /** null after the last case. A page with a filter can be short although more follow. */
  readonly next: string | null;
}
