import type { RungName, StatusName } from '#contracts/account-state.ts';
import { caseSnapshotSchema } from '#contracts/case-events.ts';
import type { AccountAuditRecord, CaseSnapshot } from '#contracts/case-events.ts';
import type { MarginCalcRecord } from '#contracts/margin-figures.ts';
import { isLater } from '#domain/figures-version.ts';

/** Price moves of a healthy account are written at most this often (issue 3, State index). */
export const HEALTHY_WRITE_MS_MIN = 60_000;

/** The figures of one account in one batch: the last of them, and what came with those before. */
export interface FiguresChange {
  readonly latest: MarginCalcRecord;
  /** A fill, a cash movement or reference data is in it, not only prices. */
  readonly beyondPrices: boolean;
}

/** What the index was last seen to hold of an account; `at` is when its figures were written. */
export interface LastWrite {
  readonly status: StatusName;
  readonly rung: RungName;
  readonly at: number;
}

/** The figures of a batch per account: of each only the last version matters to the current item. */
export function latestFigures(records: readonly MarginCalcRecord[]): Map<string, FiguresChange> {
  const changes = new Map<string, FiguresChange>();
  for (const record of records) {
    changes.set(record.account_id, merged(changes.get(record.account_id), record));
  }
  return changes;
}

function merged(before: FiguresChange | undefined, record: MarginCalcRecord): FiguresChange {
  const beyondPrices = record.cause !== 'PRICE';
  if (before === undefined) return { latest: record, beyondPrices };
  return {
    latest: isLater(record, before.latest) ? record : before.latest,
    beyondPrices: before.beyondPrices || beyondPrices,
  };
}

/**
 * Until when figures may wait (Unix ms), or null when they are written at once: prices alone have
 * moved a healthy account that was written less than a minute ago. Without a known last write
 * nothing waits.
 */
export function mayWaitUntil(
  change: FiguresChange,
  last: LastWrite | undefined,
  now: number,
): number | null {
  if (last === undefined || change.beyondPrices) return null;
  const healthy = change.latest.status === 'ACTIVE' && last.rung === 'ACTIVE';
  if (!healthy || last.status !== 'ACTIVE') return null;
  const until = last.at + HEALTHY_WRITE_MS_MIN;
  return now < until ? until : null;
}

/** The case in an audit event, if the event tells one. */
export type CaseInAudit =
  | { readonly kind: 'CASE'; readonly accountId: string; readonly snapshot: CaseSnapshot }
  | { readonly kind: 'NONE' }
  | { readonly kind: 'MALFORMED'; readonly reason: string };

/** Reads `details.case` of an audit event. */
export function caseInAudit(event: AccountAuditRecord): CaseInAudit {
  const found = event.details.case;
  if (found === undefined || found === null) return { kind: 'NONE' };
  const parsed = caseSnapshotSchema.safeParse(found);
  if (parsed.success) {
    return { kind: 'CASE', accountId: event.account_id, snapshot: parsed.data };
  }
  const issue = parsed.error.issues[0];
  const field = issue?.path.join('/') ?? '';
  return { kind: 'MALFORMED', reason: `/details/case/${field}: ${issue?.message ?? 'not a case'}` };
}

/** The cases of a batch per account, each in its latest version. */
export function latestCases(
  cases: readonly { accountId: string; snapshot: CaseSnapshot }[],
): Map<string, CaseSnapshot> {
  const latest = new Map<string, CaseSnapshot>();
  for (const { accountId, snapshot } of cases) {
    const before = latest.get(accountId);
    if (before === undefined || before.case_version < snapshot.case_version) {
      latest.set(accountId, snapshot);
    }
  }
  return latest;
}
