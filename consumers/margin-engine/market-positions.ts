/** How far the market's topics have been read: per partition the first offset not read. */
export interface MarketPositions {
  readonly prices: readonly number[];
  readonly betas: readonly number[];
  readonly instruments: readonly number[];
}

/** The later of two readings, partition by partition: what is known never becomes less. */
export function laterPositions(a: MarketPositions, b: MarketPositions): MarketPositions {
  return {
    prices: later(a.prices, b.prices),
    betas: later(a.betas, b.betas),
    instruments: later(a.instruments, b.instruments),
  };
}

function later(a: readonly number[], b: readonly number[]): number[] {
  const longer = a.length > b.length ? a : b;
  return longer.map((_, partition) => Math.max(a[partition] ?? 0, b[partition] ?? 0));
}
