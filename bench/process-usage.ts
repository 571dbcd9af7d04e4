import { readFile } from 'node:fs/promises';

/** Linux counts CPU time in these, whatever its kernel does (USER_HZ). */
const TICK_MS = 10;

/** What a process has used so far. */
export interface ProcessUsage {
  readonly rssBytes: number;
  readonly rssMaxBytes: number;
  readonly cpuMs: number;
}

/** By /proc; null where there is none. */
export async function usageOf(pid: number): Promise<ProcessUsage | null> {
  if (process.platform !== 'linux') return null;
  const [status, stat] = await Promise.all([
    readFile(`/proc/${String(pid)}/status`, 'utf8'),
    readFile(`/proc/${String(pid)}/stat`, 'utf8'),
  ]);
  // The name in brackets may hold blanks; utime and stime are fields 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return {
    rssBytes: kibibytes(status, 'VmRSS') * 1024,
    rssMaxBytes: kibibytes(status, 'VmHWM') * 1024,
    cpuMs: (Number(fields[11]) + Number(fields[12])) * TICK_MS,
  };
}

function kibibytes(status: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]);
}

/**
 * Begins to watch the CPU time of processes, by name; the function returned says what they took since
 * then, `engine 45 %, broker 60 % of a core`; empty where there is no /proc.
 */
export async function watchCpu(
  pids: Readonly<Record<string, number | undefined>>,
): Promise<() => Promise<string>> {
  const startedAt = performance.now();
  const before = await cpuTimes(pids);
  return async () => {
    const wallMs = performance.now() - startedAt;
    const after = await cpuTimes(pids);
    const shares = [...after].map(([name, cpuMs]) => {
      const share = (cpuMs - (before.get(name) ?? 0)) / wallMs;
      return `${name} ${String(Math.round(share * 100))} %`;
    });
    return shares.length === 0 ? '' : `${shares.join(', ')} of a core`;
  };
}

async function cpuTimes(
  pids: Readonly<Record<string, number | undefined>>,
): Promise<Map<string, number>> {
  const times = new Map<string, number>();
  for (const [name, pid] of Object.entries(pids)) {
    const usage = pid === undefined ? null : await usageOf(pid);
    if (usage !== null) times.set(name, usage.cpuMs);
  }
  return times;
}
