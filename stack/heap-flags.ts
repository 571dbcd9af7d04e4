export const HEAPS = ['SMALL', 'PROMPT', 'PROMPT_AND_LARGE'] as const;

/** How a process keeps its memory. V8 slows it down, or stops it, while it looks for garbage. */
export type Heap = (typeof HEAPS)[number];

/**
 * Young objects get half the room that Node gives them. An engine in a flood of records then takes a
 * quarter less memory, and no longer.
 */
const SMALL = ['--max-semi-space-size=8'] as const;

/**
 * For what orders and kills wait for. V8 marks the whole heap whenever 64 MB of buffers have come together
 * outside of it, which a busy kafkajs client reaches every three seconds, and it marks on four threads: on
 * two cores everybody stands still for a fifth of a second. Here buffers count as the heap does, one
 * thread marks, and records that are on their way die young (docs/decisions/garbage-collection.md).
 */
const PROMPT = [
  '--max-semi-space-size=16',
  '--external-memory-accounted-in-global-limit',
  '--v8-pool-size=1',
] as const;

/** The first marking comes with so much in the heap, MiB: a gate under load marks four times a minute. */
const LARGE = '--initial-old-space-size=400';

const FLAGS: Readonly<Record<Heap, readonly string[]>> = {
  SMALL,
  PROMPT,
  PROMPT_AND_LARGE: [...PROMPT, LARGE],
};

/** Node's arguments for such a heap, before the entry point. */
export function heapFlags(heap: Heap): readonly string[] {
  return FLAGS[heap];
}
