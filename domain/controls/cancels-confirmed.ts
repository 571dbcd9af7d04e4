/** When the working orders of a scope are all cancelled: every venue adapter that has orders says so (DESIGN 20). */

/** A venue adapter's lease as it last told it (gate.leases.v1). */
export interface VenueLease {
  /** The partitions of orders that it executes. */
  readonly owned: readonly number[];
  /** Per partition of killswitch.state.v1 the first offset that is not applied. */
  readonly statePositions: readonly number[];
  /** Scopes with orders that its controls do not let stand, and whose cancel is not confirmed. */
  readonly pendingScopes: readonly string[];
  /** There are more than it could name. */
  readonly pendingMore: boolean;
}

/** Cancels that a state of a scope asked for, where that state lies in killswitch.state.v1. */
export interface PendingCancels {
  readonly scope: string;
  readonly partition: number;
  readonly offset: number;
  /** The partitions that orders of the scope may lie in: an account's one, for others all. */
  readonly orderPartitions: readonly number[];
}

/**
 * Are they all confirmed? Only when every partition has a live venue adapter, and every live one of it
 * has applied the state and names the scope no more. `venues` are those whose lease lives now.
 */
export function cancelsConfirmed(
  { scope, partition, offset, orderPartitions }: PendingCancels,
  venues: readonly VenueLease[],
): boolean {
  return orderPartitions.every((orders) => {
    const owners = venues.filter(({ owned }) => owned.includes(orders));
    return (
      owners.length > 0 &&
      owners.every(
        ({ statePositions, pendingScopes, pendingMore }) =>
          (statePositions[partition] ?? 0) > offset &&
          !pendingMore &&
          !pendingScopes.includes(scope),
      )
    );
  });
}
