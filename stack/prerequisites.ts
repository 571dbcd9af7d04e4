import { existsSync } from 'node:fs';
import path from 'node:path';
import { runProgram } from './run-program.ts';
import { StackError } from './stack-error.ts';

/** A program that must be on the machine already. */
interface Prerequisite {
  readonly name: string;
  readonly program: (variables: NodeJS.ProcessEnv) => string;
  readonly versionArgs: readonly string[];
  /** Captures the version's first two numbers. */
  readonly versionPattern: RegExp;
  readonly versionMin: readonly [number, number];
  readonly purpose: string;
  readonly cure: string;
}

const JAVA: Prerequisite = {
  name: 'Java',
  program: javaProgram,
  versionArgs: ['-version'],
  versionPattern: /version "(\d+)(?:\.(\d+))?/,
  versionMin: [17, 0],
  purpose: 'Kafka and DynamoDB Local run on it',
  cure: 'install a JDK or JRE, e.g. `apt install openjdk-17-jre-headless` or `brew install openjdk`',
};

const MAVEN: Prerequisite = {
  name: 'Maven',
  program: () => 'mvn',
  versionArgs: ['--version'],
  versionPattern: /Apache Maven (\d+)\.(\d+)/,
  versionMin: [3, 6],
  purpose: 'it fetches Kafka and DynamoDB Local',
  cure: 'install it, e.g. `apt install maven` or `brew install maven`',
};

const GO: Prerequisite = {
  name: 'Go',
  program: () => 'go',
  versionArgs: ['version'],
  versionPattern: /go version go(\d+)\.(\d+)/,
  versionMin: [1, 25],
  purpose: 'it builds the Temporal server',
  cure: 'install it from go.dev/dl or with your package manager, or put the `temporal` command on the PATH instead',
};

const PREREQUISITES = { java: JAVA, maven: MAVEN, go: GO } as const;

export type PrerequisiteName = keyof typeof PREREQUISITES;

/** The `java` to run: JAVA_HOME's, as Maven takes it, else the one on the PATH. */
export function javaProgram(variables: NodeJS.ProcessEnv): string {
  const own =
    variables.JAVA_HOME === undefined ? undefined : path.join(variables.JAVA_HOME, 'bin', 'java');
  return own !== undefined && existsSync(own) ? own : 'java';
}

/** Checks the programs named; throws one StackError that lists all that are missing or too old. */
export async function requirePrograms(
  names: readonly PrerequisiteName[],
  variables: NodeJS.ProcessEnv,
): Promise<void> {
  const found = await Promise.all(names.map((name) => complaint(PREREQUISITES[name], variables)));
  const complaints = found.filter((text) => text !== undefined);
  if (complaints.length === 0) return;
  throw new StackError(
    complaints.map(({ problem }) => problem).join('\n'),
    complaints.map(({ cure }) => cure).join('\n  '),
  );
}

async function complaint(
  wanted: Prerequisite,
  variables: NodeJS.ProcessEnv,
): Promise<{ problem: string; cure: string } | undefined> {
  const run = await runProgram(wanted.program(variables), wanted.versionArgs, { variables });
  const version = wanted.versionPattern.exec(run.lastLines.join('\n'));
  const [majorMin, minorMin] = wanted.versionMin;
  const versionMin = minorMin === 0 ? String(majorMin) : `${majorMin}.${minorMin}`;
  const needed = `${wanted.name} ${versionMin} or newer is needed (${wanted.purpose})`;
  const cure = `${wanted.name}: ${wanted.cure}`;
  if (version === null)
    return { problem: `${needed}, and \`${wanted.program(variables)}\` does not run.`, cure };
  const major = Number(version[1]);
  const minor = Number(version[2] ?? 0);
  if (major > majorMin || (major === majorMin && minor >= minorMin)) return undefined;
  return { problem: `${needed}; found ${major}.${minor}.`, cure };
}
