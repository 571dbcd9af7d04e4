import type { SeenEnforcement, StaleReason } from './case-events.ts';
import type { Holdings } from './price-proof.ts';

/** What a decision rests on besides what the case was told. */
export type Evidence =
  | { readonly kind: 'TOLD' }
  | ({ readonly kind: 'FRESH'; readonly enforcement: SeenEnforcement } & Holdings)
  | { readonly kind: 'STALE'; readonly reason: StaleReason };
