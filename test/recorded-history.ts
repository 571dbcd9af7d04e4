import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import type { WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';

const ROOT = path.dirname(import.meta.dirname);

/** Where histories of workflows are kept, committed, for test/replay.test.ts. */
export const HISTORIES = path.join(import.meta.dirname, 'histories');

/** What a server tells of one run. */
export type History = Awaited<ReturnType<WorkflowHandle['fetchHistory']>>;

/**
 * Keeps a run's history as test/histories/<name>.json, and says so. The stack traces of its failures name
 * files from the project's root, not where it lay when it was recorded.
 */
export async function keepHistory(name: string, history: History): Promise<void> {
  const json = historyToJSON(history).replaceAll(ROOT + path.sep, '');
  await writeFile(path.join(HISTORIES, `${name}.json`), `${json}\n`);
  process.stdout.write(`${name}.json: ${String(history.events?.length ?? 0)} events\n`);
}
