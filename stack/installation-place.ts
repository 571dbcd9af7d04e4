import type { CacheLayout } from './cache-layout.ts';
import type { Progress } from './progress.ts';

/** Where and how to install. */
export interface InstallationPlace {
  readonly cache: CacheLayout;
  readonly variables: NodeJS.ProcessEnv;
  readonly progress: Progress;
}
