import type { CacheLayout, InstanceLayout } from './cache-layout.ts';
import { instanceLayout } from './cache-layout.ts';
import type { FileLock } from './file-lock.ts';
import { takeFileLock, tryFileLock } from './file-lock.ts';
import type { Progress } from './progress.ts';
import { StackError } from './stack-error.ts';

/** How many bound instances of one name may run side by side. */
const SIDE_BY_SIDE_MAX = 9;

export interface ClaimedInstance {
  readonly instance: InstanceLayout;
  readonly lock: FileLock;
}

/**
 * Takes an instance for this process. Of a bound one, which nobody else could use anyway, the next
 * free number is taken; for any other its name is waited for.
 */
export async function claimInstance(
  cache: CacheLayout,
  name: string,
  boundToParent: boolean,
  progress: Progress,
): Promise<ClaimedInstance> {
  if (!boundToParent) {
    const instance = instanceLayout(cache, name);
    const onWait = (): void =>
      progress.note(`Another process is starting or stopping the instance ${name}; waiting …`);
    return { instance, lock: await takeFileLock(instance.lockFile, onWait) };
  }
  for (let number = 1; number <= SIDE_BY_SIDE_MAX; number += 1) {
    const instance = instanceLayout(cache, number === 1 ? name : `${name}-${number}`);
    const lock = tryFileLock(instance.lockFile);
    if (lock !== undefined) return { instance, lock };
  }
  throw new StackError(
    `${SIDE_BY_SIDE_MAX} instances of ${name} are running already.`,
    'Wait for one of them to end, or see `sentinel status`.',
  );
}
