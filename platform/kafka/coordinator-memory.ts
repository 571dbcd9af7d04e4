import { createRequire } from 'node:module';

/** A coordinator that moved is asked for anew after this long, and its first request failed. */
const REMEMBERED_MS = 1_000;

/** What there is of kafkajs' cluster, of which every producer and consumer has its own. */
interface Cluster {
  findGroupCoordinator: (asked: Asked) => Promise<unknown>;
}

interface Asked {
  readonly groupId: string;
  readonly coordinatorType?: number;
}

interface Known {
  readonly coordinator: Promise<unknown>;
  readonly until: number;
}

/**
 * kafkajs asks who coordinates before each request of a transaction: four of its nine requests. From now
 * on the answer to one cluster of this process holds for a second. A coordinator that moved meanwhile
 * refuses the request: the transaction fails, as it would if it moved a moment later, and whoever owned
 * the producer starts anew.
 */
export function rememberCoordinators(): void {
  const { prototype } = clusterClass();
  const { findGroupCoordinator } = prototype;
  if (patched.has(prototype)) return;
  patched.add(prototype);
  prototype.findGroupCoordinator = function remembering(this: Cluster, asked) {
    const key = `${String(asked.coordinatorType ?? 0)} ${asked.groupId}`;
    const known = memoryOf(this);
    const now = performance.now();
    const answer = known.get(key);
    if (answer !== undefined && now < answer.until) return answer.coordinator;
    const coordinator = findGroupCoordinator.call(this, asked);
    known.set(key, { coordinator, until: now + REMEMBERED_MS });
    coordinator.catch(() => known.delete(key));
    return coordinator;
  };
}

const patched = new WeakSet();
const memories = new WeakMap<Cluster, Map<string, Known>>();

function memoryOf(cluster: Cluster): Map<string, Known> {
  const memory = memories.get(cluster) ?? new Map<string, Known>();
  memories.set(cluster, memory);
  return memory;
}

/** Not among what kafkajs exports; its version is pinned. */
function clusterClass(): { prototype: Cluster } {
  const require = createRequire(import.meta.url);
  return require('kafkajs/src/cluster/index.js') as { prototype: Cluster };
}
