import type { InstanceState } from './instance-state.ts';
import { stopRecorded } from './recorded-process.ts';

/** Between SIGTERM and SIGKILL, ms. */
export const SERVER_GRACE_MS = 3_000;
/** The product's processes finish what is under way (platform/process.ts). */
export const PRODUCT_GRACE_MS = 4_500;

/** Stops the recorded processes of the product; the servers that they use stay. */
export async function stopProduct(state: InstanceState): Promise<void> {
  await Promise.all(state.product.map(({ process }) => stopRecorded(process, PRODUCT_GRACE_MS)));
}

/** Stops the recorded servers of an instance. */
export async function stopServers(state: InstanceState): Promise<void> {
  const servers = Object.values(state.servers);
  await Promise.all(servers.map(({ process }) => stopRecorded(process, SERVER_GRACE_MS)));
}
