import type { GatedDecision } from '#contracts/gated-orders.ts';
import { TOPICS } from '#contracts/topics.ts';
import type { Clock } from '#ports/clock.ts';
import type { Lane } from '#ports/partition-group.ts';
import type { Publisher } from '#ports/publisher.ts';
import type { InboundRecord, OutboundRecord } from '#ports/records.ts';
import { auditRecord } from './decision-records.ts';
import { EpochWatch } from './epoch-watch.ts';
import type { GateMetrics } from './gate-metrics.ts';

/** Batches whose decisions are on their way; another one waits. */
const IN_FLIGHT_MAX = 3;

/**
 * What follows from decisions goes out together, this long after the first at most: nobody waits for it,
 * and a send costs the broker and this process as much for one record as for a hundred.
 */
const FOLLOWING_MS = 50;
/** With so many records it goes out at once. */
const FOLLOWING_RECORDS_MAX = 1_000;

/** A decision on its way out. */
export interface Outgoing {
  readonly record: InboundRecord;
  readonly decision: GatedDecision;
  /** Whose it is, when the order cannot tell. */
  readonly accountId: string;
  /** More that follows from it, once it is acknowledged. */
  readonly follows: readonly OutboundRecord[];
}

export interface DecisionLogParts {
  readonly lane: Lane;
  /** What decides: the decisions themselves, in order. */
  readonly gated: Publisher;
  /** What follows from decisions. */
  readonly evidence: Publisher;
  readonly clock: Clock;
  readonly metrics: GateMetrics;
  /** Decision and audit of the record are acknowledged, and the decision is not void. */
  readonly onFinished: (record: InboundRecord) => void;
}

/** A send that may still come through. */
interface InFlight {
  readonly done: Promise<unknown>;
  /** Nothing in it is executed at or after this instant, Unix ms. */
  readonly validUntil: number;
}

/**
 * The way out of one partition (DESIGN 19): decisions to orders.gated.v1 first, in their order; audit
 * and what else follows after their acknowledgement; then the order is finished.
 */
export class DecisionLog {
  readonly #parts: DecisionLogParts;
  readonly #epoch: EpochWatch;
  readonly #inFlight = new Set<InFlight>();
  /** What follows from decisions that are acknowledged. */
  #following: OutboundRecord[] = [];
  /** Orders that are finished when it is acknowledged too. */
  #finishing: InboundRecord[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: DecisionLogParts) {
    this.#parts = parts;
    this.#epoch = new EpochWatch(parts.lane);
  }

  /** Before the first decision: where the marker of this owner lies. */
  begin(epoch: number): void {
    this.#epoch.begin(epoch);
  }

  /** May something that was sent still come through? */
  get isSending(): boolean {
    return this.#inFlight.size > 0;
  }

  send(out: readonly Outgoing[]): void {
    const { lane, gated, clock } = this.#parts;
    if (out.length === 0 || !lane.isHeld()) return;
    const validUntil = Math.max(...out.map(({ decision }) => decision.valid_until ?? 0));
    const acknowledged = gated
      .publish(out.map((one) => this.#outbound(one)))
      .then(async (places) => {
        const now = clock.now();
        const counts = this.#epoch.counts(places);
        // What is void is audited by nobody, and what a lost partition still wrote by its next owner.
        if ((counts !== true && !(await counts)) || !lane.isHeld()) return;
        out.forEach((one, index) => {
          this.#acknowledged(one, places[index]?.offset ?? 0, now);
        });
      });
    const inFlight: InFlight = {
      // What was not acknowledged may come through all the same, until it is no longer valid.
      done: acknowledged.catch(async (error: unknown) => {
        lane.fail(error);
        await this.#until(validUntil);
      }),
      validUntil,
    };
    this.#inFlight.add(inFlight);
    void inFlight.done.finally(() => this.#inFlight.delete(inFlight));
  }

  /** An earlier owner has decided it; what follows from that may be missing. */
  tellAgain(one: Outgoing, offset: number): void {
    this.#follow(one, offset);
  }

  /** Resolves when another batch may be decided. */
  async whenRoom(): Promise<void> {
    while (this.#inFlight.size >= IN_FLIGHT_MAX && this.#parts.lane.isHeld()) {
      await Promise.race([...this.#inFlight].map(({ done }) => done));
    }
  }

  /** Resolves when nothing that was sent until now can come through and be executed any more. */
  async drained(): Promise<void> {
    await Promise.all(
      [...this.#inFlight].map(({ done, validUntil }) =>
        Promise.race([done, this.#until(validUntil)]),
      ),
    );
    // Whoever waits for it is about to acknowledge a control, or to leave.
    this.flush();
  }

  /** Sends now what follows from the decisions that are acknowledged. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { evidence, lane, onFinished } = this.#parts;
    const [following, finishing] = [this.#following, this.#finishing];
    this.#following = [];
    this.#finishing = [];
    if (finishing.length === 0) return;
    evidence.publish(following).then(
      () => {
        for (const record of finishing) onFinished(record);
      },
      (error: unknown) => {
        lane.fail(error);
      },
    );
  }

  #outbound({ decision, accountId }: Outgoing): OutboundRecord {
    return {
      topic: TOPICS.gatedOrders.name,
      key: decision.order?.account_id ?? accountId,
      partition: this.#parts.lane.partition,
      value: JSON.stringify(decision),
    };
  }

  #acknowledged(one: Outgoing, offset: number, now: number): void {
    const { metrics } = this.#parts;
    const { decision, record } = one;
    metrics.decisions.inc({ outcome: decision.decision, code: decision.code });
    metrics.decisionSeconds.observe({}, Math.max(0, now - record.timestamp) / 1_000);
    this.#follow(one, offset);
  }

  #follow({ record, decision, accountId, follows }: Outgoing, offset: number): void {
    this.#following.push(auditRecord(decision, offset, accountId), ...follows);
    this.#finishing.push(record);
    if (this.#following.length >= FOLLOWING_RECORDS_MAX) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), FOLLOWING_MS);
  }

  #until(at: number): Promise<void> {
    const ms = Math.max(0, at - this.#parts.clock.now());
    return new Promise((resolve) => {
      // Nobody stays for it alone.
      setTimeout(resolve, ms).unref();
    });
  }
}
