import type { InstallationPlace } from './installation-place.ts';
import type { ServerName } from './instance-state.ts';
import { fetchJavaLibraries, hasJavaLibraries } from './java-libraries.ts';
import { kafkaPreparation } from './kafka-preparation.ts';
import type { PrerequisiteName } from './prerequisites.ts';
import { javaProgram, requirePrograms } from './prerequisites.ts';
import type { JavaFlags, JavaInstallation } from './server.ts';
import { buildTemporal, findTemporal } from './temporal-program.ts';

/** What was asked for, installed; undefined where nothing was. */
export interface Installation {
  readonly java: JavaInstallation | undefined;
  /** The `temporal` program. */
  readonly temporal: string | undefined;
}

/**
 * Installs what the servers named need and do not have yet: Temporal is built while the Java
 * libraries are fetched. Throws StackError that lists every missing prerequisite, before it begins.
 */
export async function install(
  servers: readonly ServerName[],
  flags: JavaFlags,
  place: InstallationPlace,
): Promise<Installation> {
  const needsJava = servers.includes('kafka') || servers.includes('dynamodb');
  const needsTemporal = servers.includes('temporal');
  const found = needsTemporal ? await findTemporal(place) : undefined;
  const fetched = needsJava && (await hasJavaLibraries(place.cache));

  const programs: PrerequisiteName[] = [];
  if (needsJava) programs.push('java');
  if (needsJava && !fetched) programs.push('maven');
  if (needsTemporal && found === undefined) programs.push('go');
  await requirePrograms(programs, place.variables);

  const [java, temporal] = await Promise.all([
    needsJava ? installJava(flags, place) : undefined,
    needsTemporal ? (found ?? buildTemporal(place)) : undefined,
  ]);
  return { java, temporal };
}

async function installJava(flags: JavaFlags, place: InstallationPlace): Promise<JavaInstallation> {
  const java = javaProgram(place.variables);
  const libraries = await fetchJavaLibraries(place);
  const kafka = await kafkaPreparation(libraries, java, place);
  return {
    java,
    flags,
    libraries,
    kafkaFormatted: kafka.formatted,
    kafkaClassArchive: kafka.classArchive,
  };
}
