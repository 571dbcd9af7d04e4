import { readdir, readFile } from 'node:fs/promises';
import os from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

/** Linux counts CPU time in these, whatever its kernel does (USER_HZ). */
const TICK_MS = 10;
const LOOK_MS = 1_000;

/** CPU time of the whole machine, of this process and of all that it has started, ms. */
interface CpuTimes {
  readonly all: number;
  readonly idle: number;
  readonly own: number;
}

/** How busy the machine is now, over a second: 0 … 1. */
export async function busyShare(): Promise<number> {
  const before = machineTimes();
  await sleep(LOOK_MS);
  const after = machineTimes();
  return 1 - (after.idle - before.idle) / Math.max(1, after.all - before.all);
}

/**
 * Begins to watch what others do on these cores; the function returned tells their share since then,
 * 0 … 1, null where there is no /proc. A measurement that others disturbed is none.
 */
export async function watchOthers(): Promise<() => Promise<number | null>> {
  const before = await cpuTimes();
  return async () => {
    const after = await cpuTimes();
    if (before === null || after === null) return null;
    const all = after.all - before.all;
    const others = all - (after.idle - before.idle) - (after.own - before.own);
    return Math.max(0, others / Math.max(1, all));
  };
}

async function cpuTimes(): Promise<CpuTimes | null> {
  if (process.platform !== 'linux') return null;
  const own = await ownTime();
  return { ...machineTimes(), own };
}

function machineTimes(): { all: number; idle: number } {
  let [all, idle] = [0, 0];
  for (const { times } of os.cpus()) {
    idle += times.idle;
    all += times.user + times.nice + times.sys + times.idle + times.irq;
  }
  return { all, idle };
}

interface ProcessTimes {
  readonly pid: number;
  readonly parent: number;
  /** With that of its children that have ended. */
  readonly cpuMs: number;
}

/** CPU time of this process and everything below it, ended processes included. */
async function ownTime(): Promise<number> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const all = (await Promise.all(pids.map(timesOf))).filter((times) => times !== null);
  const below = (pid: number): number =>
    all
      .filter(({ parent }) => parent === pid)
      .reduce((sum, child) => sum + child.cpuMs + below(child.pid), 0);
  return below(process.pid) + (all.find(({ pid }) => pid === process.pid)?.cpuMs ?? 0);
}

async function timesOf(pid: number): Promise<ProcessTimes | null> {
  try {
    const stat = await readFile(`/proc/${String(pid)}/stat`, 'utf8');
    // The name in brackets may hold blanks: the fields are counted from behind it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    return { pid, parent: Number(fields[1]), cpuMs: ticks * TICK_MS };
  } catch {
    // It has ended meanwhile; its parent has its time.
    return null;
  }
}
