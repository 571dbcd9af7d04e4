import { open, stat } from 'node:fs/promises';
import { hasCode } from './has-code.ts';

/** How much of a log's end is read, bytes. */
const TAIL_BYTES = 64 * 1024;

/** The last lines of a log file from byte `from` on; empty when there is none. */
export async function logTail(file: string, lines: number, from = 0): Promise<string[]> {
  const size = await logSize(file);
  const text = await readLog(file, Math.max(from, size - TAIL_BYTES));
  return text.trimEnd().split('\n').slice(-lines);
}

/** The size of a log file in bytes, 0 when there is none. */
export async function logSize(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return 0;
    throw error;
  }
}

/** What a log file has from byte `from` on. */
export async function readLog(file: string, from: number): Promise<string> {
  const size = await logSize(file);
  if (size <= from) return '';
  const handle = await open(file, 'r');
  try {
    const buffer = Buffer.alloc(size - from);
    await handle.read(buffer, 0, buffer.length, from);
    return buffer.toString('utf8');
  } finally {
    await handle.close();
  }
}
