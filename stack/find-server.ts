import { setTimeout as sleep } from 'node:timers/promises';
import type { InstanceState, RecordedServer } from './instance-state.ts';
import { isRunning, stopRecorded } from './recorded-process.ts';
import { SERVER_GRACE_MS } from './instance-processes.ts';
import type { ServerKind } from './server-catalog.ts';
import { StackError } from './stack-error.ts';

/** A server that does not answer for so long is of no use. */
const ANSWER_MS_MAX = 10_000;
const LOOK_AGAIN_MS = 100;

/** A server that answers. */
export interface FoundServer {
  readonly kind: ServerKind;
  readonly origin: 'environment' | 'running' | 'started';
  readonly address: string;
  readonly uiUrl: string | undefined;
  /** The process, when it is ours. */
  readonly record: RecordedServer | undefined;
}

/**
 * A server that need not be started: the one that the environment names, or the one recorded as
 * running, believed only if the process is still that one and it answers; if it does not, it is
 * stopped. Throws StackError when a named one does not answer: to start another instead would hide
 * the mistake.
 */
export async function findServer(
  kind: ServerKind,
  state: InstanceState,
  variables: NodeJS.ProcessEnv,
): Promise<FoundServer | undefined> {
  const given = variables[kind.addressVariable];
  if (given !== undefined && given !== '') return givenServer(kind, given, variables);
  const record = state.servers[kind.name];
  if (record === undefined) return undefined;
  const { address, uiUrl } = record;
  const deadline = performance.now() + ANSWER_MS_MAX;
  // One that an interrupted command has started may still be on its way.
  while (await isRunning(record.process)) {
    if (await kind.isHealthy(address, variables)) {
      return { kind, origin: 'running', address, uiUrl, record };
    }
    if (performance.now() > deadline) await stopRecorded(record.process, SERVER_GRACE_MS);
    await sleep(LOOK_AGAIN_MS);
  }
  return undefined;
}

async function givenServer(
  kind: ServerKind,
  address: string,
  variables: NodeJS.ProcessEnv,
): Promise<FoundServer> {
  const deadline = performance.now() + ANSWER_MS_MAX;
  // One question may be too short for a busy machine.
  do {
    if (await kind.isHealthy(address, variables)) {
      const uiUrl = kind.name === 'temporal' ? variables.TEMPORAL_UI_URL : undefined;
      return { kind, origin: 'environment', address, uiUrl, record: undefined };
    }
    await sleep(LOOK_AGAIN_MS);
  } while (performance.now() < deadline);
  throw new StackError(
    `${kind.title} does not answer at ${kind.addressVariable}=${address}.`,
    `Start it, correct the address, or unset ${kind.addressVariable} to have one started.`,
  );
}
