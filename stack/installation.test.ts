import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
} from 'node:fs';
import { writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { cacheLayout } from './cache-layout.ts';
import { install } from './installation.ts';
import type { InstallationPlace } from './installation-place.ts';
import { fetchJavaLibraries } from './java-libraries.ts';
import { silentProgress } from './progress.ts';
import { buildTemporal, findTemporal } from './temporal-program.ts';

/** What a machine has on its PATH, as shell scripts. */
const NEW_TEMPORAL = 'echo "temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)"';
const OLD_TEMPORAL = 'echo "temporal version 0.11.0 (Server 1.22.0, UI 2.21.0)"';
const JAVA_17 = `echo 'openjdk version "17.0.15" 2025-04-15' >&2`;
const JAVA_11 = `echo 'openjdk version "11.0.2" 2019-01-15' >&2`;
const GO = (build: string): string => `
  if [ "$1" = version ]; then echo "go version go1.26.8 linux/amd64"; exit; fi
  echo run >> "$RUNS"; ${build}`;
const MAVEN = (fetch: string): string => `
  if [ "$1" = --version ]; then echo "Apache Maven 3.8.7"; exit; fi
  echo run >> "$RUNS"
  for a in "$@"; do case "$a" in -DoutputDirectory=*) out="\${a#*=}";; esac; done
  ${fetch}`;

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'sentinel-install-'));
  mkdirSync(path.join(folder, 'path'));
});

afterEach(() => rmSync(folder, { recursive: true }));

describe('the temporal program', () => {
  test('is taken from the PATH when its server is new enough', async () => {
    expect(await findTemporal(machine({ temporal: NEW_TEMPORAL }))).toBe('temporal');
  });

  test('is not taken from the PATH when its server is too old', async () => {
    expect(await findTemporal(machine({ temporal: OLD_TEMPORAL }))).toBeUndefined();
  });

  test('is built once, even by two at the same time, and found from then on', async () => {
    const place = machine({ go: GO('sleep 0.5; echo x > "$GOBIN/temporal"') });
    const built = await Promise.all([buildTemporal(place), buildTemporal(place)]);
    expect(built).toEqual([expect.stringContaining('bin/temporal'), built[0]]);
    expect(runs()).toBe(1);
    expect(await findTemporal(place)).toBe(built[0]);
  });

  test('that cannot be built leaves nothing behind and shows why', async () => {
    const place = machine({
      go: GO('echo half > "$GOBIN/temporal"; echo "no such module" >&2; exit 1'),
    });
    await expect(buildTemporal(place)).rejects.toMatchObject({
      message: expect.stringContaining('no such module'),
      cure: expect.stringContaining('Go'),
    });
    expect(await findTemporal(place)).toBeUndefined();
    expect(unfinished(place)).toEqual([]);
  });
});

describe('the Java libraries', () => {
  test('are fetched once, even by two at the same time', async () => {
    const place = machine({ mvn: MAVEN('sleep 0.5; echo jar > "$out/kafka.jar"') });
    const [first, second] = await Promise.all([
      fetchJavaLibraries(place),
      fetchJavaLibraries(place),
    ]);
    expect(second).toBe(first);
    expect(readdirSync(first)).toEqual(['kafka.jar']);
    expect(runs()).toBe(1);
  });

  test('that cannot be fetched leave nothing behind, show why, and can be tried again', async () => {
    const broken = machine({
      mvn: MAVEN('echo half > "$out/half.jar"; echo "[ERROR] offline"; exit 1'),
    });
    await expect(fetchJavaLibraries(broken)).rejects.toMatchObject({
      message: expect.stringContaining('[ERROR] offline'),
    });
    expect(existsSync(broken.cache.jars) ? readdirSync(broken.cache.jars) : []).toEqual([]);
    expect(unfinished(broken)).toEqual([]);
    const repaired = machine({ mvn: MAVEN('echo jar > "$out/kafka.jar"') });
    expect(readdirSync(await fetchJavaLibraries(repaired))).toEqual(['kafka.jar']);
  });
});

describe('prerequisites', () => {
  test('are all named at once, each with its cure, before anything begins', async () => {
    const place = machine({ java: JAVA_11 });
    const failure = install(['temporal', 'kafka', 'dynamodb'], 'quick', place);
    await expect(failure).rejects.toMatchObject({
      message: expect.stringMatching(
        /Java 17 or newer is needed .*; found 11\.0\.\nMaven .* does not run\.\nGo .* does not run\./,
      ),
      cure: expect.stringMatching(/Java: .*\n {2}Maven: .*\n {2}Go: /),
    });
    expect(runs()).toBe(0);
  });

  test('are not asked for by servers that are not started', async () => {
    await expect(install([], 'quick', machine({}))).resolves.toEqual({
      java: undefined,
      temporal: undefined,
    });
  });

  test('do not include Go when a temporal program is there, nor Maven and Java without Kafka', async () => {
    const place = machine({ temporal: NEW_TEMPORAL });
    await expect(install(['temporal'], 'quick', place)).resolves.toMatchObject({
      temporal: 'temporal',
    });
  });

  test('include a new enough Java even when JAVA_HOME is set to nothing useful', async () => {
    const place = machine({ java: JAVA_17 });
    const variables = { ...place.variables, JAVA_HOME: path.join(folder, 'nowhere') };
    const failure = install(['kafka'], 'quick', { ...place, variables });
    await expect(failure).rejects.toMatchObject({ message: expect.not.stringContaining('Java') });
  });
});

/** A machine with these programs and the usual shell tools, and an empty home. */
function machine(programs: Record<string, string>): InstallationPlace {
  const bin = path.join(folder, 'path');
  for (const [name, script] of Object.entries(programs)) {
    const file = path.join(bin, name);
    writeFileSync(file, `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o755);
  }
  const tools = path.join(folder, 'tools');
  if (!existsSync(tools)) {
    mkdirSync(tools);
    writeFileSync(path.join(tools, 'sleep'), '#!/bin/sh\nexec /bin/sleep "$@"\n', { mode: 0o755 });
  }
  const variables = { HOME: folder, PATH: `${bin}:${tools}`, RUNS: path.join(folder, 'runs') };
  return { cache: cacheLayout(variables), variables, progress: silentProgress };
}

/** How often go or mvn was run to do its work. */
function runs(): number {
  const file = path.join(folder, 'runs');
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').length : 0;
}

function unfinished(place: InstallationPlace): string[] {
  return readdirSync(place.cache.work).filter((name) => !name.endsWith('.lock'));
}
