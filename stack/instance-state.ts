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
  /** When it said that it is ready; null while it has not. */
  readyAtMs: z.int().nullable().default(null),
  /** How often it was started again after it had ended by itself. */
  restarts: z.int().default(0),
  /** Its last end that nobody had asked for. */
  lastExit: z.strictObject({ how: z.string(), atMs: z.int() }).nullable().default(null),
  /** When it had ended too often to be started again; null otherwise. */
  givenUpAtMs: z.int().nullable().default(null),
});

/** Who keeps the product running, and why it could not, if so. */
const supervisionSchema = z.strictObject({
  process: recordedProcessSchema,
  logFile: z.string(),
  startedAtMs: z.int(),
  failure: z.strictObject({ message: z.string(), cure: z.string() }).nullable(),
});

const foundationSchema = z.strictObject({
  servers: z.partialRecord(z.enum(SERVER_NAMES), recordedServerSchema),
  /** What the processes of this instance were told; for commands that talk to them. */
  environment: z.record(z.string(), z.string()),
});

const productStateSchema = z.strictObject({
  product: z.array(recordedProductSchema),
  /** Missing when the product ends with the command that started it. */
  supervision: supervisionSchema.optional(),
});

export type RecordedServer = z.infer<typeof recordedServerSchema>;
export type RecordedProduct = z.infer<typeof recordedProductSchema>;
export type Supervision = z.infer<typeof supervisionSchema>;
type Foundation = z.infer<typeof foundationSchema>;
type ProductState = z.infer<typeof productStateSchema>;
export type InstanceState = Foundation & ProductState;

const NO_FOUNDATION: Foundation = { servers: {}, environment: {} };
const NO_PRODUCT: ProductState = { product: [] };

/** What was written down about an instance. A file that cannot be understood counts as nothing. */
export async function readState(instance: InstanceLayout): Promise<InstanceState> {
  const [foundation, product] = await Promise.all([
    readPart(instance.stateFile, foundationSchema, NO_FOUNDATION),
    readPart(instance.productFile, productStateSchema, NO_PRODUCT),
  ]);
  return { ...foundation, ...product };
}

async function readPart<T>(file: string, schema: z.ZodType<T>, nothing: T): Promise<T> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return nothing;
    throw error;
  }
  const parsed = schema.safeParse(parseJson(text));
  return parsed.success ? parsed.data : nothing;
}

/** Keeps what is written down about an instance; every change is on disk when it resolves. */
export interface StateKeeper {
  /** What this keeper read and changed; others may have written since. */
  state(): InstanceState;
  change(change: (state: InstanceState) => InstanceState): Promise<void>;
}

/**
 * The keeper of an instance. Servers and environment are changed by who holds the instance's lock, the
 * product by its supervisor, if it has one: a keeper writes only the part that it has changed.
 */
export async function keepState(instance: InstanceLayout): Promise<StateKeeper> {
  let state = await readState(instance);
  let written = Promise.resolve();
  return {
    state: () => state,
    async change(change) {
      const before = state;
      state = change(before);
      const { servers, environment, product, supervision } = state;
      const foundationChanged = servers !== before.servers || environment !== before.environment;
      const productChanged = product !== before.product || supervision !== before.supervision;
      written = written.then(async () => {
        if (foundationChanged) await writePart(instance.stateFile, { servers, environment });
        if (productChanged) await writePart(instance.productFile, { product, supervision });
      });
      await written;
    },
  };
}

/** In one step: a reader sees the old or the new state, never a part of it. */
async function writePart(file: string, content: object): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  const unfinished = `${file}.new`;
  await writeFile(unfinished, `${JSON.stringify(content, undefined, 2)}\n`, { mode: 0o600 });
  await rename(unfinished, file);
}

/** Forgets what was written down about an instance. */
export async function removeState(instance: InstanceLayout): Promise<void> {
  await rm(instance.stateFile, { force: true });
  await rm(instance.productFile, { force: true });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
