import { CLOCKS_APART_MS } from './kill-effect.ts';

/**
 * What a venue adapter that is not heard of any more may still have open. It looks at the controls
 * immediately before it commits a fill, and may be cut off or stopped in between: the commit, sent again
 * or on waking, would make the fill visible after a kill was told to be effective.
 */

/** A venue adapter's lease as it was last told (gate.leases.v1). Instants in ms. */
export interface VenueWord {
  readonly process: string;
  readonly left: boolean;
  readonly saidAt: number;
  /** Its lease ended then, unless it speaks again. */
  readonly endsAt: number;
  /** The partitions of orders that it executes. */
  readonly owned: readonly number[];
}

/**
 * So long after the end of a lease the broker has given up what its holder had left open: the product's
 * transactions time out after 30 s, and brokers look every 10 s unless configured otherwise.
 */
export const OPEN_MS_MAX = 60_000;

/** Who is silent, and the partitions of which it may still have something open. */
export interface LeftOpen {
  readonly silent: readonly VenueWord[];
  readonly partitions: readonly number[];
  /**
   * Who lives and has not spoken since the last of those leases ended: what it owns is told within a
   * heartbeat, or its own lease ends. To fence before would stop venues that are well.
   */
  readonly unheard: readonly VenueWord[];
}

const NOTHING: LeftOpen = { silent: [], partitions: [], unheard: [] };

/**
 * Every partition counts, whatever the silent one owned when it last spoke, but those that another has
 * said to own since its lease ended: who takes a partition over fences who had it. `partitions` is how
 * many there are; `now` in ms.
 */
export function leftOpen(words: readonly VenueWord[], partitions: number, now: number): LeftOpen {
  const isOver = ({ endsAt }: VenueWord): boolean => endsAt + CLOCKS_APART_MS <= now;
  const silent = words.filter(
    (word) => !word.left && isOver(word) && now < word.endsAt + OPEN_MS_MAX,
  );
  if (silent.length === 0) return NOTHING;
  const lastEnd = Math.max(...silent.map(({ endsAt }) => endsAt)) + CLOCKS_APART_MS;
  const living = words.filter((word) => !word.left && !isOver(word));
  const heard = living.filter(({ saidAt }) => saidAt >= lastEnd);
  const unheard = living.filter(({ saidAt }) => saidAt < lastEnd);
  const taken = new Set(heard.flatMap(({ owned }) => owned));
  const all = Array.from({ length: partitions }, (_, number) => number);
  const open = all.filter((number) => !taken.has(number));
  return open.length === 0 ? NOTHING : { silent, partitions: open, unheard };
}
