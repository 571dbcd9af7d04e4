/** One process of the product. */
export interface ProductProcess {
  readonly name: string;
  /** Entry point, relative to the root of the clone. */
  readonly entry: string;
  /** Serves people and other programs at SENTINEL_API_PORT. */
  readonly servesApi: boolean;
}

/** The processes of the product, in the order in which data flows through them. */
export const PRODUCT_PROCESSES: readonly ProductProcess[] = [
  { name: 'api', entry: 'api/main.ts', servesApi: true },
  { name: 'margin-engine', entry: 'consumers/margin-engine/main.ts', servesApi: false },
  { name: 'case-signaller', entry: 'consumers/case-signaller/main.ts', servesApi: false },
  { name: 'worker', entry: 'workers/main.ts', servesApi: false },
  { name: 'order-gate', entry: 'consumers/order-gate/main.ts', servesApi: false },
  { name: 'kill-signaller', entry: 'consumers/kill-signaller/main.ts', servesApi: false },
  { name: 'control-projector', entry: 'consumers/control-projector/main.ts', servesApi: false },
  { name: 'venue-adapter', entry: 'consumers/venue-adapter/main.ts', servesApi: false },
  { name: 'order-monitor', entry: 'consumers/order-monitor/main.ts', servesApi: false },
  { name: 'notifier', entry: 'consumers/notifier/main.ts', servesApi: false },
  { name: 'state-index', entry: 'consumers/state-index/main.ts', servesApi: false },
];

/** Puts processes in that order; unknown ones last. */
export function inOrderOfFlow<T extends { readonly name: string }>(processes: readonly T[]): T[] {
  const place = ({ name }: T): number => {
    const index = PRODUCT_PROCESSES.findIndex((process) => process.name === name);
    return index === -1 ? PRODUCT_PROCESSES.length : index;
  };
  return processes.toSorted((a, b) => place(a) - place(b) || a.name.localeCompare(b.name));
}
