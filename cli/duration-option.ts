import { InvalidArgumentError } from 'commander';

const UNITS_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A duration of the command line, such as `90s`, `15m`, `4h` or `7d`, in ms; null for anything else. */
export function parseDuration(text: string): number | null {
  const [, count = '', unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const known = unit === 's' || unit === 'm' || unit === 'h' || unit === 'd';
  return known ? Number(count) * UNITS_MS[unit] : null;
}

/** Reads an option that is a duration above 0 and of at most `daysMax` days. */
export function durationOption(daysMax: number): (text: string) => number {
  return (text) => {
    const ms = parseDuration(text);
    if (ms !== null && ms > 0 && ms <= daysMax * UNITS_MS.d) return ms;
    const most = `at most ${String(daysMax)}d`;
    throw new InvalidArgumentError(`It must be a time such as 90s, 15m, 1h or 7d, ${most}.`);
  };
}
