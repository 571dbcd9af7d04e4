/**
 * Keeps the product of an instance running until it is told to stop:
 *
 *   node stack/supervisor/main.ts <instance> <orders as JSON>
 *
 * Started by `sentinel up`, which holds the instance's lock meanwhile and has written down what the
 * processes are told. SIGTERM stops them and it; SIGHUP starts again what was given up. Should it die,
 * they end too: each holds the other end of a pipe to it.
 */
import path from 'node:path';
import process from 'node:process';
import { z } from 'zod';
import { cacheLayout, instanceLayout } from '../cache-layout.ts';
import { HEAPS } from '../heap-flags.ts';
import { keepState } from '../instance-state.ts';
import type { StateKeeper, Supervision } from '../instance-state.ts';
import { streamProgress } from '../progress.ts';
import { recordProcess } from '../recorded-process.ts';
import { StackError } from '../stack-error.ts';
import { Supervisor } from '../supervisor.ts';

/** What a supervisor is to do. */
const ordersSchema = z.strictObject({
  processes: z.array(
    z.strictObject({
      name: z.string(),
      entry: z.string(),
      servesApi: z.boolean(),
      heap: z.enum(HEAPS),
    }),
  ),
  rule: z.strictObject({
    pauseMs: z.number(),
    pauseMsMax: z.number(),
    steadyMs: z.number(),
    quickEndsMax: z.number(),
  }),
});

/** A signal needs something that keeps the process alive to come to. */
const KEEP_ALIVE_MS = 60_000;

const [name = '', orders = ''] = process.argv.slice(2);
await supervise(name, ordersSchema.parse(JSON.parse(orders)));

async function supervise(
  instanceName: string,
  { processes, rule }: z.infer<typeof ordersSchema>,
): Promise<void> {
  const instance = instanceLayout(cacheLayout(process.env), instanceName);
  const keeper = await keepState(instance);
  const supervision = await ownRecord(path.join(instance.logs, 'supervisor.log'));
  await keeper.change((state) => ({ ...state, product: [], supervision }));
  const supervisor = new Supervisor(
    {
      logs: instance.logs,
      keeper,
      boundToParent: true,
      environment: keeper.state().environment,
      variables: process.env,
      progress: streamProgress(process.stdout),
    },
    rule,
  );
  const stop = (exitCode: number): void => {
    void supervisor.stop().then(() => process.exit(exitCode));
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop(0));
  process.on('SIGHUP', () => {
    supervisor.retry();
  });
  setInterval(() => undefined, KEEP_ALIVE_MS);

  const results = await Promise.allSettled(processes.map((kind) => supervisor.start(kind)));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed === undefined) return;
  await writeFailure(failed.reason, keeper, supervision);
  stop(1);
}

async function ownRecord(logFile: string): Promise<Supervision> {
  const own = await recordProcess(process.pid);
  if (own === undefined) throw new Error('this process cannot be found among those that run');
  return { process: own, logFile, startedAtMs: Date.now(), failure: null };
}

/** For the command that waits, which shows it to a person. */
async function writeFailure(
  reason: unknown,
  keeper: StateKeeper,
  supervision: Supervision,
): Promise<void> {
  const failure =
    reason instanceof StackError
      ? { message: reason.message, cure: reason.cure }
      : { message: String(reason), cure: `See ${supervision.logFile}` };
  await keeper.change((state) => ({ ...state, supervision: { ...supervision, failure } }));
}
