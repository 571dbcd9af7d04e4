import { existsSync, readdirSync } from 'node:fs';
import { cacheLayout, instanceLayout } from '#stack/cache-layout.ts';
import { readState } from '#stack/instance-state.ts';
import { isRunning } from '#stack/recorded-process.ts';
import { Failure } from './failure.ts';

/** Where the API is and what to make tokens with. */
export interface ApiPlace {
  readonly url: string;
  /** PEM file; undefined when only a ready token is known. */
  readonly privateKeyFile: string | undefined;
  readonly token: string | undefined;
}

const START_IT = '`sentinel up` starts one, `sentinel status` shows what runs.';

/**
 * The API that commands talk to: SENTINEL_API_URL with SENTINEL_TOKEN or
 * SENTINEL_JWT_PRIVATE_KEY_FILE, else that of the instance named, else that of a running instance,
 * `local` first. Throws Failure when there is none.
 */
export async function findApi(
  variables: NodeJS.ProcessEnv,
  instanceName: string | undefined,
): Promise<ApiPlace> {
  if (instanceName === undefined && variables.SENTINEL_API_URL !== undefined) {
    return {
      url: variables.SENTINEL_API_URL,
      privateKeyFile: variables.SENTINEL_JWT_PRIVATE_KEY_FILE,
      token: variables.SENTINEL_TOKEN,
    };
  }
  const names = instanceName === undefined ? instanceNames(variables) : [instanceName];
  for (const name of names) {
    const place = await runningApi(variables, name);
    if (place !== null) return { ...place, token: variables.SENTINEL_TOKEN };
  }
  const which = instanceName === undefined ? 'No API runs' : `No API runs in ${instanceName}`;
  throw new Failure(`${which} on this machine.`, START_IT);
}

/** All instances that left something on this machine, `local` first. */
export function instanceNames(variables: NodeJS.ProcessEnv): string[] {
  const { instances } = cacheLayout(variables);
  if (!existsSync(instances)) return [];
  const folders = readdirSync(instances, { withFileTypes: true }).filter((e) => e.isDirectory());
  const names = folders.map(({ name }) => name).sort();
  return ['local', ...names.filter((name) => name !== 'local')];
}

/** What an instance has written down of its API; null when it does not run. */
async function runningApi(
  variables: NodeJS.ProcessEnv,
  name: string,
): Promise<Pick<ApiPlace, 'url' | 'privateKeyFile'> | null> {
  const { product, environment } = await readState(instanceLayout(cacheLayout(variables), name));
  const api = product.find((record) => record.name === 'api');
  const url = environment.SENTINEL_API_URL;
  if (api === undefined || url === undefined || !(await isRunning(api.process))) return null;
  return { url, privateKeyFile: environment.SENTINEL_JWT_PRIVATE_KEY_FILE };
}
