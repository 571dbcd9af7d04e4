import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_AGAIN_MS = 200;
/** SQLite's result code for a database that someone else has locked. */
const SQLITE_BUSY = 5;

/** A lock between processes; the operating system frees it when its holder dies. */
export interface FileLock {
  release(): void;
}

/**
 * Takes the lock of a file, or says undefined when another process holds it. Node has no file locks
 * of its own; SQLite's, taken by an exclusive transaction, work on every platform and die with the
 * process, so that there are no stale ones.
 */
export function tryFileLock(file: string): FileLock | undefined {
  mkdirSync(path.dirname(file), { recursive: true });
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (isBusy(error)) return undefined;
    throw error;
  }
  return { release: () => database.close() };
}

/** Waits for the lock of a file; `onWait` is called once if another process holds it. */
export async function takeFileLock(file: string, onWait: () => void): Promise<FileLock> {
  for (let attempt = 0; ; attempt += 1) {
    const lock = tryFileLock(file);
    if (lock !== undefined) return lock;
    if (attempt === 0) onWait();
    await sleep(LOOK_AGAIN_MS);
  }
}

/** Does `work` while holding the lock of a file. */
export async function withFileLock<T>(
  file: string,
  onWait: () => void,
  work: () => Promise<T>,
): Promise<T> {
  const lock = await takeFileLock(file, onWait);
  try {
    return await work();
  } finally {
    lock.release();
  }
}

function isBusy(error: unknown): boolean {
  return (
    typeof error === 'object' &&
    error !== null &&
    'errcode' in error &&
    error.errcode === SQLITE_BUSY
  );
}
