/** Numbers that look random and are the same for the same seed. */
export interface Random {
  /** 0 ≤ x < 1. */
  next(): number;
  /** min ≤ x < max. */
  between(min: number, max: number): number;
  /** A whole number, min ≤ x ≤ max. */
  whole(min: number, max: number): number;
  /** True in so many of a hundred cases. */
  chance(percent: number): boolean;
  /** One of them; there is at least one. */
  pick<T>(from: readonly T[]): T;
}

/** mulberry32: 32 bits of state are plenty for stories, and a seed fits into a line of text. */
export function seededRandom(seed: number): Random {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const whole = (min: number, max: number): number => min + Math.floor(next() * (max - min + 1));
  return {
    next,
    whole,
    between: (min, max) => min + next() * (max - min),
    chance: (percent) => next() * 100 < percent,
    pick: (from) => {
      const picked = from[whole(0, from.length - 1)];
      if (picked === undefined) throw new RangeError('nothing to pick from');
      return picked;
    },
  };
}
