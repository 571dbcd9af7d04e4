import { InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { parseDuration } from './duration-option.ts';

/** With a zone: whoever moves a deadline must not be hours off. */
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/;
/** A day that exists; Date.parse takes 30 February for 2 March. */
const day = z.iso.date();

/** A time of the command line as Unix ms: from now (`+4h`), ISO 8601 with its zone, or Unix ms. */
export function instantOption(text: string): number {
  const fromNow = text.startsWith('+') ? parseDuration(text.slice(1)) : null;
  if (fromNow !== null) return Date.now() + fromNow;
  const isIso = ISO.test(text) && day.safeParse(text.slice(0, 10)).success;
  const at = /^\d{13}$/.test(text) ? Number(text) : isIso ? Date.parse(text) : NaN;
  if (Number.isFinite(at)) return at;
  throw new InvalidArgumentError(
    'It must be a time such as +30m, +4h or +1d from now, 2026-11-21T16:00Z with its zone, or Unix ms.',
  );
}
