import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { InstanceLayout } from './cache-layout.ts';
import { hasCode } from './has-code.ts';
import { recordedProcessSchema } from './recorded-process.ts';

export const SERVER_NAMES = ['temporal', 'kafka', 'dynamodb'] as const;
export type ServerName = (typeof SERVER_NAMES)[number];

const recordedServerSchema = z.strictObject({
  process: recordedProcessSchema,
  address: z.string(),
  uiUrl: z.string().optional(),
  logFile: z.string(),
  startedAtMs: z.int(),
});

const recordedProductSchema = z.strictObject({
  name: z.string(),
  process: recordedProcessSchema,
  /** Base address of /healthz, /readyz and /metrics. */
  metricsUrl: z.string(),
  /** Where the process serves people or other programs, if it does. */
  address: z.string().optional(),
  logFile: z.string(),
  startedAtMs: z.int(),
});

const instanceStateSchema = z.strictObject({
  servers: z.partialRecord(z.enum(SERVER_NAMES), recordedServerSchema),
  product: z.array(recordedProductSchema),
  /** What the processes of this instance were told; for commands that talk to them. */
  environment: z.record(z.string(), z.string()),
});

export type RecordedServer = z.infer<typeof recordedServerSchema>;
export type RecordedProduct = z.infer<typeof recordedProductSchema>;
export type InstanceState = z.infer<typeof instanceStateSchema>;

const NOTHING: InstanceState = { servers: {}, product: [], environment: {} };

/** What was written down about an instance. A file that cannot be understood counts as nothing. */
export async function readState(instance: InstanceLayout): Promise<InstanceState> {
  let text: string;
  try {
    text = await readFile(instance.stateFile, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return NOTHING;
    throw error;
  }
  const parsed = instanceStateSchema.safeParse(parseJson(text));
  return parsed.success ? parsed.data : NOTHING;
}

/** Keeps what is written down about an instance; every change is on disk when it resolves. */
export interface StateKeeper {
  state(): InstanceState;
  change(change: (state: InstanceState) => InstanceState): Promise<void>;
}

/** The keeper of an instance. Its owner holds the instance's lock: there is one at a time. */
export async function keepState(instance: InstanceLayout): Promise<StateKeeper> {
  let state = await readState(instance);
  let written = Promise.resolve();
  return {
    state: () => state,
    async change(change) {
      state = change(state);
      const next = state;
      written = written.then(() => writeState(instance, next));
      await written;
    },
  };
}

/** In one step: a reader sees the old or the new state, never a part of it. */
async function writeState(instance: InstanceLayout, state: InstanceState): Promise<void> {
  await mkdir(path.dirname(instance.stateFile), { recursive: true, mode: 0o700 });
  const unfinished = `${instance.stateFile}.new`;
  await writeFile(unfinished, `${JSON.stringify(state, undefined, 2)}\n`, { mode: 0o600 });
  await rename(unfinished, instance.stateFile);
}

/** Forgets what was written down about an instance. */
export async function removeState(instance: InstanceLayout): Promise<void> {
  await rm(instance.stateFile, { force: true });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
