import { fork } from 'node:child_process';
import path from 'node:path';
import { NODE_FLAGS } from '#stack/launch.ts';
import { answerSchema } from './generator/jobs.ts';
import type { GeneratorPlace, Job, JobResult } from './generator/jobs.ts';

const MAIN = path.join(import.meta.dirname, 'generator', 'main.ts');
/** The longest job. */
const JOB_MS_MAX = 120_000;

/** The load generator, in its own process. */
export interface Generator {
  do(job: Job): Promise<JobResult>;
  stop(): void;
}

/** Starts the generator's process; it ends with this one. */
export function startGenerator(place: GeneratorPlace): Generator {
  const child = fork(MAIN, [JSON.stringify(place)], { execArgv: [...NODE_FLAGS] });
  const waiting = new Map<number, Deferred<JobResult>>();
  let count = 0;
  child.on('message', (message) => {
    const { id, result, error } = answerSchema.parse(message);
    if (result === undefined) waiting.get(id)?.reject(new Error(`the generator: ${error ?? ''}`));
    else waiting.get(id)?.resolve(result);
    waiting.delete(id);
  });
  child.once('exit', (code) => {
    const how = new Error(`the generator ended with ${String(code)}`);
    for (const { reject } of waiting.values()) reject(how);
  });
  return {
    do: async (job) => {
      count += 1;
      const id = count;
      const answer = deferred();
      waiting.set(id, answer);
      child.send({ id, job });
      const late = setTimeout(() => {
        answer.reject(new Error(`the generator did not finish ${job.kind} in time`));
      }, JOB_MS_MAX);
      try {
        return await answer.promise;
      } finally {
        clearTimeout(late);
      }
    },
    stop: () => {
      if (child.connected) child.disconnect();
    },
  };
}

interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

function deferred(): Deferred<JobResult> {
  let resolve: (value: JobResult) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<JobResult>((onResult, onError) => {
    resolve = onResult;
    reject = onError;
  });
  return { promise, resolve, reject };
}
