import { rm } from 'node:fs/promises';
import { cacheLayout, instanceLayout } from './cache-layout.ts';
import { withFileLock } from './file-lock.ts';
import { stopProduct, stopServers } from './instance-processes.ts';
import { readState, removeState } from './instance-state.ts';
import type { Progress } from './progress.ts';
import { isRunning } from './recorded-process.ts';

export interface ClosedInstance {
  /** How many processes were running. */
  readonly stopped: number;
}

/**
 * Stops what an instance has running, product first, then the servers, and forgets it; with `wipe`
 * its data and logs are removed too.
 */
export async function closeInstance(
  name: string,
  wipe: boolean,
  variables: NodeJS.ProcessEnv,
  progress: Progress,
): Promise<ClosedInstance> {
  const instance = instanceLayout(cacheLayout(variables), name);
  const onWait = (): void =>
    progress.note(`Another process is starting the instance ${name}; waiting …`);
  return withFileLock(instance.lockFile, onWait, async () => {
    const state = await readState(instance);
    const records = [...state.product, ...Object.values(state.servers)];
    const running = await Promise.all(records.map(({ process }) => isRunning(process)));
    await stopProduct(state);
    await stopServers(state);
    await removeState(instance);
    if (wipe) await rm(instance.root, { recursive: true, force: true });
    return { stopped: running.filter(Boolean).length };
  });
}
