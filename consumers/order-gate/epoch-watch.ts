import { ownerSchema } from '#contracts/gated-orders.ts';
import { decodeRecord } from '#contracts/decode-record.ts';
import { TOPICS } from '#contracts/topics.ts';
import type { Lane } from '#ports/partition-group.ts';
import type { InboundRecord, RecordPosition } from '#ports/records.ts';

/**
 * Does this owner's word still count? A marker that was on its way while its gate had lost the partition
 * may come to lie behind ours, and make void whatever we write after it (domain/gate/ownership.ts). Only
 * gates write to the log, so nothing need be read while what we write lies without a gap; what lies in a
 * gap is read and looked at.
 */
export class EpochWatch {
  readonly #lane: Lane;
  /** Where the next record lies if nobody else writes. */
  #next = 0;
  /** The look at the last gap and at those before it: is there no marker? null: nothing to look at. */
  #looking: Promise<boolean> | null = null;

  constructor(lane: Lane) {
    this.#lane = lane;
  }

  /** `epoch` is where our own marker lies. */
  begin(epoch: number): void {
    this.#next = epoch + 1;
  }

  /**
   * Takes where the next records of ours lie, in their order: do they count? When they do not, the
   * partition is given up. Rejects when the log cannot be read.
   */
  counts(places: readonly RecordPosition[]): true | Promise<boolean> {
    for (const { offset } of places) {
      if (offset !== this.#next) this.#look(this.#next, offset);
      this.#next = offset + 1;
    }
    return this.#looking ?? true;
  }

  #look(from: number, to: number): void {
    const before = this.#looking ?? Promise.resolve(true);
    const looking = before.then(async (counted) => {
      if (!counted) return false;
      const marker = await this.#markerBetween(from, to);
      if (marker === null) return true;
      this.#lane.giveUp(`another gate took the partition at offset ${String(marker)}`);
      return false;
    });
    this.#looking = looking;
    looking.then(
      (counted) => {
        if (counted && this.#looking === looking) this.#looking = null;
      },
      // Whoever waits for it hears of it too.
      () => undefined,
    );
  }

  async #markerBetween(from: number, to: number): Promise<number | null> {
    let marker: number | null = null;
    const take = (records: readonly InboundRecord[]): void => {
      const found = records.find(
        ({ offset, value }) =>
          offset >= from && offset < to && decodeRecord(ownerSchema, value, null).ok,
      );
      marker ??= found?.offset ?? null;
    };
    await this.#lane.readToEnd(TOPICS.gatedOrders.name, take, { offset: from });
    return marker;
  }
}
