import type { Heap } from './heap-flags.ts';

/** One process of the product. */
export interface ProductProcess {
  readonly name: string;
  /** Entry point, relative to the root of the clone. */
  readonly entry: string;
  /** Serves people and other programs at SENTINEL_API_PORT. */
  readonly servesApi: boolean;
  readonly heap: Heap;
}

/** The processes of the product, in the order in which data flows through them. */
export const PRODUCT_PROCESSES: readonly ProductProcess[] = [
  { name: 'api', entry: 'api/main.ts', servesApi: true, heap: 'PROMPT' },
  {
    name: 'margin-engine',
    entry: 'consumers/margin-engine/main.ts',
    servesApi: false,
    heap: 'SMALL',
  },
  {
    name: 'case-signaller',
    entry: 'consumers/case-signaller/main.ts',
    servesApi: false,
    heap: 'SMALL',
  },
  { name: 'worker', entry: 'workers/main.ts', servesApi: false, heap: 'SMALL' },
  {
    name: 'order-gate',
    entry: 'consumers/order-gate/main.ts',
    servesApi: false,
    heap: 'PROMPT_AND_LARGE',
  },
  {
    name: 'kill-signaller',
    entry: 'consumers/kill-signaller/main.ts',
    servesApi: false,
    heap: 'SMALL',
  },
  {
    name: 'control-projector',
    entry: 'consumers/control-projector/main.ts',
    servesApi: false,
    heap: 'SMALL',
  },
  {
    name: 'venue-adapter',
    entry: 'consumers/venue-adapter/main.ts',
    servesApi: false,
    heap: 'PROMPT',
  },
  {
    name: 'order-monitor',
    entry: 'consumers/order-monitor/main.ts',
    servesApi: false,
    heap: 'PROMPT',
  },
  { name: 'notifier', entry: 'consumers/notifier/main.ts', servesApi: false, heap: 'SMALL' },
  { name: 'state-index', entry: 'consumers/state-index/main.ts', servesApi: false, heap: 'SMALL' },
];

/** Puts processes in that order; unknown ones last. */
export function inOrderOfFlow<T extends { readonly name: string }>(processes: readonly T[]): T[] {
  const place = ({ name }: T): number => {
    const index = PRODUCT_PROCESSES.findIndex((process) => process.name === name);
    return index === -1 ? PRODUCT_PROCESSES.length : index;
  };
  return processes.toSorted((a, b) => place(a) - place(b) || a.name.localeCompare(b.name));
}
