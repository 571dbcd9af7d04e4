import type { FieldError } from '#contracts/rest.ts';
import type { TimeWindow } from '#domain/input-times.ts';

/** What is wrong with an instant (Unix ms) that has to lie within a window: nothing, or one error. */
export function timeErrors(at: number, { from, until }: TimeWindow, pointer: string): FieldError[] {
  if (at < from) return [{ pointer, detail: `must be at or after ${named(from)}` }];
  if (at > until) return [{ pointer, detail: `must be at or before ${named(until)}` }];
  return [];
}

/** As a person reads it and as it has to be sent. */
function named(at: number): string {
  return `${new Date(at).toISOString()} (Unix ms ${String(at)})`;
}
