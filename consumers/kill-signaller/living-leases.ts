import { decodeRecord } from '#contracts/decode-record.ts';
import { gateLeaseSchema } from '#contracts/gate-leases.ts';
import type { GateLeaseRecord } from '#contracts/gate-leases.ts';
import type { InboundRecord } from '#ports/records.ts';

/** The last word of each gate and venue adapter that lives (gate.leases.v1). */
export class LivingLeases {
  readonly #leases = new Map<string, GateLeaseRecord>();

  take({ value }: InboundRecord): void {
    const decoded = decodeRecord(gateLeaseSchema, value, null);
    if (!decoded.ok) return;
    const lease = decoded.record;
    if (lease.state === 'LEFT') this.#leases.delete(lease.process);
    else this.#leases.set(lease.process, lease);
  }

  /** Those whose leases have not ended at `now`, ms. */
  at(now: number): readonly GateLeaseRecord[] {
    for (const [process, { ts, lease_ms }] of this.#leases) {
      if (ts + lease_ms <= now) this.#leases.delete(process);
    }
    return [...this.#leases.values()];
  }
}
