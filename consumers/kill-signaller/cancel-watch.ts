import { controlStateSchema } from '#contracts/control-states.ts';
import { decodeRecord } from '#contracts/decode-record.ts';
import { LEASE_HEARTBEAT_MS } from '#contracts/gate-leases.ts';
import { accountOfScope } from '#contracts/scopes.ts';
import { cancelsConfirmed } from '#domain/controls/cancels-confirmed.ts';
import type { PendingCancels, OrderLease } from '#domain/controls/cancels-confirmed.ts';
import type { Clock } from '#ports/clock.ts';
import type { ControlSignals } from '#ports/kill-switches.ts';
import type { Logger } from '#ports/logger.ts';
import type { InboundRecord } from '#ports/records.ts';
import type { LivingLeases } from './living-leases.ts';
import { RegularLooks } from './regular-looks.ts';

/** As often as leases are told anew. */
const LOOK_MS = LEASE_HEARTBEAT_MS;
/** A confirmation that the scope has not taken up by then is told again. */
const TELL_AGAIN_MS = 5_000;

export interface CancelWatchParts {
  readonly scopes: ControlSignals;
  readonly leases: LivingLeases;
  readonly partitions: number;
  /** The partition number of a key. */
  readonly partitionOf: (key: string) => number;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Pending extends PendingCancels {
  readonly version: number;
  /** ms. */
  toldAt: number;
}

/**
 * Tells a scope that its working orders are cancelled, when the leases of gates and venue adapters say so. The
 * message is the signal CANCELS_CONFIRMED with the version that asked for the cancels; it only takes
 * `cancels_pending` off, and loosens nothing.
 */
export class CancelWatch {
  readonly #parts: CancelWatchParts;
  readonly #pending = new Map<string, Pending>();
  readonly #looks = new RegularLooks(LOOK_MS, () => this.#look());

  constructor(parts: CancelWatchParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#looks.start();
  }

  stop(): Promise<void> {
    return this.#looks.stop();
  }

  /** Takes records of killswitch.state.v1. */
  takeStates(records: readonly InboundRecord[]): void {
    for (const record of records) this.#takeState(record);
  }

  #takeState({ value, key, partition, offset }: InboundRecord): void {
    const decoded = decodeRecord(controlStateSchema, value, null);
    if (!decoded.ok || decoded.record.scope !== key) return;
    const { scope, cancels_pending_version: version } = decoded.record;
    if (version === null) {
      this.#pending.delete(scope);
      return;
    }
    if (this.#pending.get(scope)?.version === version) return;
    const accountId = accountOfScope(scope);
    const { partitions, partitionOf } = this.#parts;
    const orderPartitions =
      accountId === null
        ? Array.from({ length: partitions }, (_, number) => number)
        : [partitionOf(accountId)];
    this.#pending.set(scope, { scope, version, partition, offset, orderPartitions, toldAt: 0 });
  }

  async #look(): Promise<void> {
    const { scopes, clock, logger } = this.#parts;
    const now = clock.now();
    const leases = this.#living(now);
    for (const pending of this.#pending.values()) {
      if (now - pending.toldAt < TELL_AGAIN_MS || !cancelsConfirmed(pending, leases)) continue;
      const { scope, version } = pending;
      try {
        await scopes.deliver(scope, { type: 'CANCELS_CONFIRMED', version });
        pending.toldAt = now;
      } catch (error) {
        // It is looked at again.
        logger.warn({ event: 'signal_failed', scope, err: error }, 'a scope could not be told');
        return;
      }
    }
  }

  #living(now: number): OrderLease[] {
    return this.#parts.leases.at(now).map((lease) => ({
      kind: lease.kind,
      owned: lease.owned_partitions,
      statePositions: lease.applied['killswitch.state.v1'],
      pendingScopes: lease.cancels_pending,
      pendingMore: lease.cancels_pending_more,
    }));
  }
}
