/** Of latencies, ms. */
export interface Quantiles {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** The quantiles of samples by nearest rank: each is a latency that was seen. Throws without samples. */
export function quantilesOf(samples: readonly number[]): Quantiles {
  const sorted = Float64Array.from(samples).sort();
  return {
    count: sorted.length,
    p50: ranked(sorted, 0.5),
    p99: ranked(sorted, 0.99),
    max: ranked(sorted, 1),
  };
}

/** The middle of a few measurements. Throws without any. */
export function medianOf(samples: readonly number[]): number {
  return quantilesOf(samples).p50;
}

function ranked(sorted: Float64Array, share: number): number {
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  if (value === undefined) throw new Error('nothing was measured');
  return value;
}
