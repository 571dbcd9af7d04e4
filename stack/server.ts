import type { LaunchPlan } from './launch.ts';
import type { Ports } from './ports.ts';

/** Kafka and DynamoDB Local, installed. */
export interface JavaInstallation {
  readonly java: string;
  readonly flags: JavaFlags;
  /** Folder of the libraries of pom.xml. */
  readonly libraries: string;
  /** A log folder that Kafka's StorageTool has formatted, to be copied. */
  readonly kafkaFormatted: string;
  /** Kafka's class-data archive for this Java, if one could be made. */
  readonly kafkaClassArchive: string | undefined;
}

/** `quick` starts soon and stays small; `load` is for benchmarks (PLATFORM, Kafka broker). */
export type JavaFlags = 'quick' | 'load';

export interface ServerContext {
  /** Keeps data here; the folder of a fresh instance is empty. */
  readonly data: string;
  /** Data need not outlive the server. */
  readonly fresh: boolean;
  readonly ports: Ports;
  /** Temporal namespace. */
  readonly namespace: string;
  /** Further doors of the broker; none unless a test puts something in between. */
  readonly kafkaDoors?: readonly KafkaDoor[];
}

/** A port of the broker whose clients are told to come back by another one: a proxy's. */
export interface KafkaDoor {
  readonly port: number;
  readonly advertisedPort: number;
}

/** How a server is started and where it will answer. */
export interface ServerPlan extends Pick<LaunchPlan, 'program' | 'args'> {
  /** Beside those of the command that starts it. */
  readonly variables?: NodeJS.ProcessEnv;
  readonly address: string;
  readonly uiUrl?: string;
}

const SMALL_HEAP = ['-Xms64m', '-Xmx512m', '-Xss512k'] as const;
/** C1 only: the start is what is waited for. */
const QUICK = [
  ...SMALL_HEAP,
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-XX:-UsePerfData',
] as const;
const LOAD = ['-Xms512m', '-Xmx512m', '-XX:-UsePerfData'] as const;

/** The flags of the Java virtual machine. */
export function javaFlags(flags: JavaFlags): readonly string[] {
  return flags === 'quick' ? QUICK : LOAD;
}
