import type { Quantiles } from './quantiles.ts';

/** `p50 12 ms · p99 40 ms · max 71 ms`. */
export function latencyText({ p50, p99, max }: Quantiles): string {
  return `p50 ${msText(p50)} · p99 ${msText(p99)} · max ${msText(max)}`;
}

/** `41 ms`, `1.23 s`. */
export function msText(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(2)} s`;
}

/** `62.4 thousand/s`, `5.1 million/s`. */
export function rateText(perSecond: number): string {
  if (perSecond >= 1e6) return `${(perSecond / 1e6).toFixed(2)} million/s`;
  return `${(perSecond / 1e3).toFixed(1)} thousand/s`;
}

/** `344 MiB`. */
export function mebibytesText(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}

/** `10,000`. */
export function countText(count: number): string {
  return count.toLocaleString('en-US');
}
