/**
 * Who may speak on a partition of orders.gated.v1 (DESIGN 19). A gate that takes the partition appends
 * a marker, and the marker's offset is its epoch: every record of its own carries it. A record counts
 * only while its epoch is that of the latest marker before it; what a gate that has lost the partition
 * still writes is void for every reader.
 */
export class Ownership {
  /** Offsets of markers, ascending. */
  readonly #markers: number[] = [];
  /** Before the first marker that is still kept: the highest epoch seen. */
  #before = -1;

  /** Takes a marker. Markers may be told again, in the order of their offsets. */
  marker(offset: number): void {
    if (offset > (this.#markers.at(-1) ?? -1)) this.#markers.push(offset);
  }

  /** Is a record at `offset` valid that carries `epoch`? Records before it have been told. */
  isValid(epoch: number, offset: number): boolean {
    const latest = this.#latestBefore(offset);
    if (latest !== null) return epoch === latest;
    // Retention has taken the marker away: of those that wrote on without one, the youngest owned it.
    if (epoch >= offset || epoch < this.#before) return false;
    this.#before = epoch;
    return true;
  }

  /** The epoch in force at the end of what was told; null when no marker is kept. */
  get epoch(): number | null {
    return this.#markers.at(-1) ?? null;
  }

  #latestBefore(offset: number): number | null {
    for (let index = this.#markers.length - 1; index >= 0; index -= 1) {
      const marker = this.#markers[index];
      if (marker !== undefined && marker < offset) return marker;
    }
    return null;
  }
}
