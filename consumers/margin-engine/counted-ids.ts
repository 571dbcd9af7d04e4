import { COUNTED_HORIZON_MS } from '#domain/input-times.ts';

/** Ids are kept for seven days and at most a million a partition (DESIGN 4; the figures). */
export const COUNTED_IDS_MAX = 1_000_000;

/** An id of a fill (`f:<id>`) or cash movement (`c:<id>`) and its own timestamp, ms. */
export type CountedId = readonly [id: string, at: number];

interface Block {
  readonly ids: readonly string[];
  readonly latestAt: number;
}

/**
 * Which fills and cash movements are in the books already, in blocks as they were counted. Blocks
 * older than the horizon leave; at the cap the oldest leaves early. Whenever one leaves, the floor rises
 * to its latest instant: what is dated at or before the floor can no longer be told from a duplicate, so
 * it is refused and goes to a person, never counted on a guess. An engine that works off a backlog meets
 * duplicates whose first appearance it has forgotten meanwhile: only the floor knows them.
 */
export class CountedIds {
  readonly #ids = new Set<string>();
  readonly #blocks = new Map<number, Block>();
  readonly #idsMax: number;
  #nextBlock = 0;
  #floorAt: number;

  constructor(floorAt: number, idsMax = COUNTED_IDS_MAX) {
    this.#floorAt = floorAt;
    this.#idsMax = idsMax;
  }

  /** Dated at or before this instant nothing can be counted any more. */
  get floorAt(): number {
    return this.#floorAt;
  }

  get size(): number {
    return this.#ids.size;
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  /** Is something of `at` too old to be told from a duplicate, for a record that arrived at `brokerAt`? */
  isTooOld(at: number, brokerAt: number): boolean {
    return at <= this.#floorAt || at < brokerAt - COUNTED_HORIZON_MS;
  }

  /** Takes a block back from the changelog. */
  restore(block: number, ids: readonly CountedId[]): void {
    this.#add(block, ids);
    this.#nextBlock = Math.max(this.#nextBlock, block + 1);
  }

  /** Remembers an id at once, before its batch becomes a block: a batch can repeat itself. */
  remember(id: string): void {
    this.#ids.add(id);
  }

  /** Makes ids a block that can be kept and forgotten, and returns its number. */
  count(ids: readonly CountedId[]): number {
    const block = this.#nextBlock;
    this.#nextBlock += 1;
    this.#add(block, ids);
    return block;
  }

  /** Forgets what is older than the horizon or beyond the cap; returns the numbers of the blocks gone. */
  evict(now: number): number[] {
    const gone: number[] = [];
    for (const [number, block] of this.#blocks) {
      const expired = block.latestAt < now - COUNTED_HORIZON_MS;
      if (!expired && this.#ids.size <= this.#idsMax) break;
      this.#floorAt = Math.max(this.#floorAt, block.latestAt);
      for (const id of block.ids) this.#ids.delete(id);
      this.#blocks.delete(number);
      gone.push(number);
    }
    return gone;
  }

  #add(block: number, ids: readonly CountedId[]): void {
    let latestAt = 0;
    for (const [id, at] of ids) {
      this.#ids.add(id);
      latestAt = Math.max(latestAt, at);
    }
    this.#blocks.set(block, { ids: ids.map(([id]) => id), latestAt });
  }
}
