import type { FiguresVersion } from '#domain/figures-version.ts';
import type { Position } from '#domain/margin.ts';

/** What an account holds by its last figures: for telling, not for deciding. */
export interface Holdings {
  /** null when no figures of the account are known. */
  of(accountId: string): Held | null;
}

export interface Held {
  readonly version: FiguresVersion;
  /** When the figures were computed, Unix ms. */
  readonly asOf: number;
  readonly cashE4: number;
  readonly positions: readonly Position[];
}
