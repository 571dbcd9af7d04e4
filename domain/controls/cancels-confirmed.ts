/**
 * When the working orders of a scope are all cancelled: every gate and every venue adapter that has
 * orders of it says so (DESIGN 20). The venue adapter knows what a kill or close-only stops whole; only
 * the gate knows which reducing orders are too many for their position.
 */

/** The lease of a gate or venue adapter as it was last told (gate.leases.v1). */
export interface OrderLease {
  readonly kind: 'GATE' | 'VENUE';
  /** The partitions of orders that it has. */
  readonly owned: readonly number[];
  /** Per partition of killswitch.state.v1 the first offset that is not applied. */
  readonly statePositions: readonly number[];
  /** Scopes with orders that its controls do not let stand, and whose cancel is not confirmed. */
  readonly pendingScopes: readonly string[];
  /** There are more than it could name. */
  readonly pendingMore: boolean;
}

const KINDS = ['GATE', 'VENUE'] as const;

/** Cancels that a state of a scope asked for, where that state lies in killswitch.state.v1. */
export interface PendingCancels {
  readonly scope: string;
  readonly partition: number;
  readonly offset: number;
  /** The partitions that orders of the scope may lie in: an account's one, for others all. */
  readonly orderPartitions: readonly number[];
}

/**
 * Are they all confirmed? Only when every partition has a live gate and a live venue adapter, and every
 * live one of it has applied the state and names the scope no more. `leases` are those that live now.
 */
export function cancelsConfirmed(
  { scope, partition, offset, orderPartitions }: PendingCancels,
  leases: readonly OrderLease[],
): boolean {
  const isDone = ({ statePositions, pendingScopes, pendingMore }: OrderLease): boolean =>
    (statePositions[partition] ?? 0) > offset && !pendingMore && !pendingScopes.includes(scope);
  return orderPartitions.every((orders) =>
    KINDS.every((kind) => {
      const owners = leases.filter((lease) => lease.kind === kind && lease.owned.includes(orders));
      return owners.length > 0 && owners.every(isDone);
    }),
  );
}
