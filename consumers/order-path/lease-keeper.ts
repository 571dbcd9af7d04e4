import { LEASE_HEARTBEAT_MS, LEASE_MS, LEASE_SCOPES_MAX } from '#contracts/gate-leases.ts';
import type { GateLeaseRecord } from '#contracts/gate-leases.ts';
import { TOPICS } from '#contracts/topics.ts';
import { scopeName } from '#domain/scopes.ts';
import type { Clock } from '#ports/clock.ts';
import type { Logger } from '#ports/logger.ts';
import type { Publisher } from '#ports/publisher.ts';
import type { AppliedPositions, ControlFollower } from './control-follower.ts';

export interface LeaseKeeperParts {
  /** One run of one process: a restart has another. */
  readonly process: string;
  readonly kind: GateLeaseRecord['kind'];
  readonly publisher: Publisher;
  readonly controls: Pick<ControlFollower, 'provedAt' | 'applied' | 'unreadable'>;
  readonly ownedPartitions: () => readonly number[];
  /** Scopes with orders whose cancel is not confirmed. */
  readonly cancelsPending: () => readonly string[];
  /** Resolves when nothing that was decided until now can come through any more. */
  readonly drained: () => Promise<void>;
  /** How long what passes stays valid, ms. */
  readonly validMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * The lease of a gate or venue adapter (contracts/gate-leases.ts): nothing passes it but while its last
 * acknowledged word is younger than the lease and the controls are proved as young. A process that was
 * paused wakes up with an old word, and must speak and prove again before it opens (DESIGN 21).
 */
export class LeaseKeeper {
  readonly #parts: LeaseKeeperParts;
  #applied: AppliedPositions;
  /** The lease holds until this instant, Unix ms. */
  #heldUntil = -Infinity;
  /** When the unbroken row of leases began: what was proved before it proves nothing. */
  #heldSince = Infinity;
  #timer: NodeJS.Timeout | undefined;
  #speaking: Promise<void> | undefined;
  #draining = false;
  #again = false;
  #stopped = false;

  constructor(parts: LeaseKeeperParts) {
    this.#parts = parts;
    this.#applied = parts.controls.applied();
  }

  start(): void {
    this.#timer = setInterval(() => this.#beat(), LEASE_HEARTBEAT_MS);
    this.#beat();
  }

  /** May anything pass at `now` (Unix ms)? */
  isOpen(now: number): boolean {
    const { provedAt } = this.#parts.controls;
    return now < this.#heldUntil && provedAt >= this.#heldSince && now < provedAt + LEASE_MS;
  }

  /** To be told when more of the controls is applied: it is said as soon as that counts. */
  acknowledge(): void {
    if (this.#stopped || this.#draining) return;
    const applied = this.#parts.controls.applied();
    if (isSame(applied, this.#applied)) return;
    this.#draining = true;
    // It counts only when everything decided before it has come through.
    void this.#parts.drained().then(() => {
      this.#draining = false;
      this.#applied = applied;
      this.#beat();
    });
  }

  /** Says how far the controls are applied. */
  #beat(): void {
    if (this.#stopped) return;
    // What has been applied while it was drained.
    this.acknowledge();
    if (this.#speaking !== undefined) {
      this.#again = true;
      return;
    }
    this.#again = false;
    this.#speaking = this.#speak('HELD')
      .catch((error: unknown) => {
        // Unspoken, the lease ends by itself: nothing passes.
        this.#parts.logger.warn({ error: String(error) }, 'the lease was not renewed');
      })
      .finally(() => {
        this.#speaking = undefined;
        if (this.#again) this.#beat();
      });
  }

  /** The last word: nothing passes any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#heldUntil = -Infinity;
    clearInterval(this.#timer);
    await this.#speaking;
    await this.#parts.drained();
    await this.#speak('LEFT').catch((error: unknown) => {
      this.#parts.logger.warn({ error: String(error) }, 'the end of the lease was not said');
    });
  }

  async #speak(state: GateLeaseRecord['state']): Promise<void> {
    const { process, kind, publisher, clock, validMs } = this.#parts;
    const ts = clock.now();
    const scopes = this.#parts.cancelsPending();
    const lease: GateLeaseRecord = {
      process,
      kind,
      state,
      ts,
      lease_ms: LEASE_MS,
      valid_until_max: ts + LEASE_MS + validMs,
      applied: this.#applied,
      owned_partitions: [...this.#parts.ownedPartitions()],
      cancels_pending: scopes.slice(0, LEASE_SCOPES_MAX),
      cancels_pending_more: scopes.length > LEASE_SCOPES_MAX,
      unreadable: this.#unreadable(),
    };
    await publisher.publish([
      { topic: TOPICS.gateLeases.name, key: process, value: JSON.stringify(lease) },
    ]);
    if (this.#stopped) return;
    const now = clock.now();
    if (now >= this.#heldUntil) this.#heldSince = now;
    this.#heldUntil = ts + LEASE_MS;
  }

  #unreadable(): GateLeaseRecord['unreadable'] {
    return [...this.#parts.controls.unreadable()]
      .slice(0, LEASE_SCOPES_MAX)
      .map(({ scope, topic, partition, offset, at: since }) => {
        return { scope: scopeName(scope), topic, partition, offset, since };
      });
  }
}

function isSame(a: AppliedPositions, b: AppliedPositions): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
