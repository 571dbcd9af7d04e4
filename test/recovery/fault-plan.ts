import { seededRandom } from '../seeded-random.ts';
import type { Random } from '../seeded-random.ts';

/** What breaks, when and for how long: the same for the same seed. */

/** Kill -9 and start again, stop in order and start again, SIGSTOP and SIGCONT. */
export const PROCESS_FAULTS = ['KILL', 'RESTART', 'PAUSE'] as const;
/** Connections refused; every byte late. */
export const LINK_FAULTS = ['CUT', 'SLOW'] as const;
export type FaultKind = (typeof PROCESS_FAULTS)[number] | (typeof LINK_FAULTS)[number];

export interface Fault {
  readonly kind: FaultKind;
  /** A process, a server, or a link: `worker–kafka`. */
  readonly target: string;
  /** From the beginning of the faults. */
  readonly atMs: number;
  /** How long it lasts; what was killed is started again then. */
  readonly forMs: number;
}

export interface Breakable {
  readonly processes: readonly string[];
  readonly links: readonly string[];
}

export interface PlanShape {
  /** One fault after another: each kind on each target, one kind on each, or none. They overlap when they last longer than it takes until the next. */
  readonly singles: 'EACH_KIND' | 'ONE_KIND' | 'NONE';
  /** From the beginning of a single fault to that of the next. */
  readonly singleEveryMs: number;
  /** So many links, drawn by lot, have faults; all of them have in the storm. */
  readonly singleLinksMax: number;
  readonly faultMsMax: number;
  /** Then faults that overlap, for so long. */
  readonly stormMs: number;
  readonly stormEveryMs: number;
}

/** Shorter and longer than each session and time-out of the product: 3 s, 5 s, 6 s and 10 s. */
const DURATIONS_MS: Readonly<Record<FaultKind, readonly [number, number]>> = {
  KILL: [0, 4_000],
  RESTART: [0, 2_000],
  PAUSE: [500, 12_000],
  CUT: [500, 12_000],
  SLOW: [2_000, 10_000],
};
/** After a fault its target is left alone for as long as it may take to start again. */
const REST_MS = 3_000;
/** Some that hold still at once stop everything; more would test nothing else. */
const AT_ONCE_MAX = 3;

/** The faults of a seed, by the time at which they begin. */
export function planFaults(seed: number, breakable: Breakable, shape: PlanShape): Fault[] {
  const random = seededRandom(seed);
  const singles = planSingles(random, breakable, shape);
  const from = singles.reduce(
    (latest, { atMs, forMs }) => Math.max(latest, atMs + forMs + REST_MS),
    0,
  );
  return [...singles, ...planStorm(random, breakable, shape, singles.length === 0 ? 0 : from)];
}

/** One line for a person. */
export function faultText({ kind, target, atMs, forMs }: Fault): string {
  const seconds = (ms: number): string => (ms / 1_000).toFixed(1);
  return `${seconds(atMs).padStart(7)} s  ${kind.padEnd(7)} ${target} for ${seconds(forMs)} s`;
}

function planSingles(random: Random, breakable: Breakable, shape: PlanShape): Fault[] {
  if (shape.singles === 'NONE') return [];
  const links = shuffled(random, breakable.links).slice(0, shape.singleLinksMax);
  const pairs = targetsOf({ ...breakable, links }).flatMap(({ target, kinds }) =>
    (shape.singles === 'EACH_KIND' ? kinds : [random.pick(kinds)]).map((kind) => ({
      kind,
      target,
    })),
  );
  return shuffled(random, pairs).map(({ kind, target }, n) => ({
    kind,
    target,
    atMs: n * shape.singleEveryMs,
    forMs: durationOf(random, kind, shape),
  }));
}

function planStorm(
  random: Random,
  breakable: Breakable,
  shape: PlanShape,
  fromMs: number,
): Fault[] {
  const { stormMs, stormEveryMs } = shape;
  const targets = targetsOf(breakable);
  const storm: Fault[] = [];
  for (let at = 0; at < stormMs; at += Math.round(stormEveryMs * (0.5 + random.next()))) {
    const atMs = fromMs + at;
    const lasting = storm.filter((fault) => fault.atMs + fault.forMs + REST_MS > atMs);
    const free = targets.filter(({ target }) => lasting.every((fault) => fault.target !== target));
    if (lasting.length >= AT_ONCE_MAX || free.length === 0) continue;
    const { target, kinds } = random.pick(free);
    const kind = random.pick(kinds);
    storm.push({ kind, target, atMs, forMs: durationOf(random, kind, shape) });
  }
  return storm;
}

function targetsOf(
  breakable: Breakable,
): { readonly target: string; readonly kinds: readonly FaultKind[] }[] {
  return [
    ...breakable.processes.map((target) => ({ target, kinds: PROCESS_FAULTS })),
    ...breakable.links.map((target) => ({ target, kinds: LINK_FAULTS })),
  ];
}

function durationOf(
  random: Random,
  kind: FaultKind,
  { faultMsMax }: Pick<PlanShape, 'faultMsMax'>,
): number {
  const [min, longest] = DURATIONS_MS[kind];
  const max = Math.min(longest, faultMsMax);
  return Math.round(random.between(min, max));
}

function shuffled<T>(random: Random, things: readonly T[]): T[] {
  return things
    .map((thing) => ({ thing, key: random.next() }))
    .sort((a, b) => a.key - b.key)
    .map(({ thing }) => thing);
}
