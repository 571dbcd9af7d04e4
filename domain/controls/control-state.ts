import type { Scope } from '../scopes.ts';

/** What a holder asks of its scope, from loose to strict (DESIGN 13). */
export type ControlMode =
  | { readonly kind: 'THROTTLE'; readonly maxRatePerSecond: number }
  /** Of an account: only what available cash pays for, and no sale of more than is held (RULES, Intraday margin deficit). */
  | { readonly kind: 'NO_NEW_DEBIT_OR_SHORT' }
  | { readonly kind: 'REDUCE_ONLY' }
  | { readonly kind: 'BLOCK' };

/** Who may hold a scope; each lifts only what it put on. */
export const HOLDERS = [
  'operator',
  'order-monitor',
  'surveillance',
  'stale-call',
  'stress',
] as const;
export type HolderName = (typeof HOLDERS)[number];

/** Holders that command by killswitch.commands.v1 in their own name; everybody else there is a person. */
export const MACHINE_HOLDERS = ['order-monitor', 'surveillance'] as const satisfies HolderName[];

/** Holders by which a margin case makes its account close-only (RULES, Close-only). */
export const MARGIN_HOLDERS: readonly HolderName[] = ['stale-call', 'stress'];

/**
 * A holder has at most one mode of each sort at once, and each is put on and lifted for itself: a
 * restriction of weeks outlives a kill of minutes. In the order in which they are lifted.
 */
export const MODE_SORTS = ['KILL', 'NO_NEW_DEBIT_OR_SHORT', 'THROTTLE'] as const;

export function sortOf({ kind }: ControlMode): (typeof MODE_SORTS)[number] {
  return kind === 'BLOCK' || kind === 'REDUCE_ONLY' ? 'KILL' : kind;
}

/** One reason why a scope is not open. */
export interface Holder {
  readonly name: HolderName;
  readonly mode: ControlMode;
  readonly reason: string;
  /** The person or machine that put it on. */
  readonly actor: string;
  readonly commandId: string;
  /** ms. */
  readonly since: number;
  /**
   * The offset in killswitch.commands.v1 of the last command that this holder rests on: its epoch.
   * null when it rests on none, such as a case's own close-only.
   */
  readonly epoch: number | null;
}

/** What a person asked to loosen and a second one has not yet approved (DESIGN 15). */
export interface LiftRequest {
  readonly requestId: string;
  readonly holder: HolderName;
  /** What is there afterwards: null for nothing, else a looser mode. */
  readonly to: ControlMode | null;
  readonly epoch: number;
  readonly reason: string;
  readonly requestedBy: string;
  /** ms; void afterwards. */
  readonly expiresAt: number;
}

/** A scope's controls: one state machine for kill, close-only and throttle. */
export interface ControlState {
  readonly scope: Scope;
  /** Rises with each change; whoever has a higher one drops a lower (DESIGN 14). */
  readonly version: number;
  /** Every command of the scope up to this offset has been taken in; −1 before the first. */
  readonly coversOffset: number;
  /** The same for the account's records in restrictions.v1; −1 for every scope that is no account. */
  readonly coversRestriction: number;
  /** Sorted by name; of each name at most one of each sort of mode, in the order of MODE_SORTS. */
  readonly holders: readonly Holder[];
  /**
   * The version that asked to cancel working orders, while not all are confirmed cancelled; null when
   * none are asked for.
   */
  readonly cancelsPendingSince: number | null;
  readonly request: LiftRequest | null;
  /** When a kill by the monitor may loosen by itself; null when policy or a person says never. */
  readonly loosensAt: number | null;
  /** When people, or a cooldown, last let more pass than before, ms; null for never. */
  readonly loosenedAt: number | null;
}

/** A scope that nobody holds. */
export function openScope(scope: Scope): ControlState {
  return {
    scope,
    version: 0,
    coversOffset: -1,
    coversRestriction: -1,
    holders: [],
    cancelsPendingSince: null,
    request: null,
    loosensAt: null,
    loosenedAt: null,
  };
}

export type ControlStatus =
  'ACTIVE' | 'THROTTLED' | 'NO_NEW_DEBIT_OR_SHORT' | 'CLOSE_ONLY' | 'KILLED';

/** The strictest mode of all holders; of two throttles the lower rate. null while nobody holds. */
export function strictestMode(holders: readonly Holder[]): ControlMode | null {
  let strictest: ControlMode | null = null;
  for (const { mode } of holders) {
    if (strictest === null || isStricter(mode, strictest)) strictest = mode;
  }
  return strictest;
}

const STRICTNESS = { THROTTLE: 1, NO_NEW_DEBIT_OR_SHORT: 2, REDUCE_ONLY: 3, BLOCK: 4 } as const;

/** Does `a` let strictly less through than `b`? */
export function isStricter(a: ControlMode, b: ControlMode): boolean {
  if (a.kind === 'THROTTLE' && b.kind === 'THROTTLE') {
    return a.maxRatePerSecond < b.maxRatePerSecond;
  }
  return STRICTNESS[a.kind] > STRICTNESS[b.kind];
}

const STATUS = {
  THROTTLE: 'THROTTLED',
  NO_NEW_DEBIT_OR_SHORT: 'NO_NEW_DEBIT_OR_SHORT',
  REDUCE_ONLY: 'CLOSE_ONLY',
  BLOCK: 'KILLED',
} as const;

/** The status by the strictest mode (DESIGN 13). */
export function statusOf({ holders }: Pick<ControlState, 'holders'>): ControlStatus {
  const mode = strictestMode(holders);
  return mode === null ? 'ACTIVE' : STATUS[mode.kind];
}
