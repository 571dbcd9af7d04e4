/** Instants in UTC for a person. */

/** The time of day with thousandths: steps of one decision stand close. */
export function clock(at: number): string {
  return new Date(at).toISOString().slice(11, 23);
}

/** The day, such as 2026-11-20. */
export function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

/** The time of day of an instant that is spoken of at another; with its day when that is another one. */
export function clockFrom(at: number, spokenOfAt: number): string {
  if (Number.isNaN(new Date(at).getTime())) return String(at);
  const day = dayOf(at);
  return day === dayOf(spokenOfAt) ? clock(at) : `${day} ${clock(at).slice(0, 8)}`;
}
