import type { InstanceState } from './instance-state.ts';
import { stopRecorded } from './recorded-process.ts';

/** Between SIGTERM and SIGKILL, ms. */
export const SERVER_GRACE_MS = 3_000;
/** The product's processes finish what is under way (platform/process.ts). */
export const PRODUCT_GRACE_MS = 4_500;
/** A supervisor stops the processes first, and may have to kill some. */
export const SUPERVISOR_GRACE_MS = 2 * PRODUCT_GRACE_MS;

/**
 * Stops the supervisor, which stops its processes, then what is left of the recorded processes of the
 * product; the servers that they use stay.
 */
export async function stopProduct(state: InstanceState): Promise<void> {
  if (state.supervision !== undefined) {
    await stopRecorded(state.supervision.process, SUPERVISOR_GRACE_MS);
  }
  await Promise.all(state.product.map(({ process }) => stopRecorded(process, PRODUCT_GRACE_MS)));
}

/** Stops the recorded servers of an instance. */
export async function stopServers(state: InstanceState): Promise<void> {
  const servers = Object.values(state.servers);
  await Promise.all(servers.map(({ process }) => stopRecorded(process, SERVER_GRACE_MS)));
}
