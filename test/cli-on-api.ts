import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportPKCS8 } from 'jose';
import type { ApiFixture } from './api-fixture.ts';
import { sentinel } from './cli-fixture.ts';
import type { CliRun } from './cli-fixture.ts';

/** The `sentinel` command of somebody who has a home of their own and holds the API's key. */
export interface CliOnApi {
  /** An empty folder, gone after `close`. */
  readonly home: string;
  /** What every run knows of its surroundings. */
  readonly variables: Readonly<Record<string, string>>;
  /** Runs `sentinel`, with these variables beside the address and the key. */
  run(words: readonly string[], variables?: Readonly<Record<string, string>>): Promise<CliRun>;
  close(): Promise<void>;
}

/** Prepares the command line for an API; `variables` are known to every run. */
export async function openCli(
  api: ApiFixture,
  variables: Readonly<Record<string, string>> = {},
): Promise<CliOnApi> {
  const home = await mkdtemp(join(tmpdir(), 'sentinel-cli-'));
  const keyFile = join(home, 'private.pem');
  await writeFile(keyFile, await exportPKCS8(api.privateKey));
  const known: Record<string, string> = {
    HOME: home,
    SENTINEL_API_URL: api.url,
    SENTINEL_JWT_PRIVATE_KEY_FILE: keyFile,
    ...variables,
  };
  return {
    home,
    variables: known,
    run: (words, more = {}) => sentinel(words, { ...known, ...more }),
    close: () => rm(home, { recursive: true }),
  };
}
