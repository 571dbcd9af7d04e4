import { existsSync } from 'node:fs';
import type { GoProgram } from './go-program.ts';
import { builtGoProgram, goProgram } from './go-program.ts';
import type { InstallationPlace } from './installation-place.ts';
import { runProgram } from './run-program.ts';

const TEMPORAL: GoProgram = {
  name: 'temporal',
  title: 'Temporal',
  /** The newest version that `go install` accepts: later ones carry a `replace` (PLATFORM, Temporal). */
  module: 'github.com/temporalio/cli/cmd/temporal@v1.5.1',
  installedAs: 'temporal',
  building: 'Building Temporal 1.29.1 from the Go module proxy (3–7 minutes the first time)',
  cure: 'Check that Go reaches its module proxy, or install the `temporal` command and run this again.',
};
/** An installed `temporal` is taken when its server is at least what was measured. */
const SERVER_VERSION_MIN: readonly [number, number] = [1, 29];

/** The `temporal` program that is there: on the PATH, if its server is new enough, or in the cache. */
export async function findTemporal(place: InstallationPlace): Promise<string | undefined> {
  if (await isUsable('temporal', place.variables)) return 'temporal';
  const built = builtGoProgram(place.cache, TEMPORAL);
  return existsSync(built) ? built : undefined;
}

/** Builds the `temporal` program from source into the cache; takes minutes. */
export function buildTemporal(place: InstallationPlace): Promise<string> {
  return goProgram(TEMPORAL, place);
}

async function isUsable(program: string, variables: NodeJS.ProcessEnv): Promise<boolean> {
  const run = await runProgram(program, ['--version'], { variables });
  const version = /\(Server (\d+)\.(\d+)/.exec(run.lastLines.join('\n'));
  if (version === null) return false;
  const [major, minor] = [Number(version[1]), Number(version[2])];
  const [majorMin, minorMin] = SERVER_VERSION_MIN;
  return major > majorMin || (major === majorMin && minor >= minorMin);
}
