import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from './fault-plan.ts';
import type { World } from './world.ts';

/** A fault as it was done. */
export interface BrokenThing {
  readonly fault: Fault;
  /** Unix ms. */
  readonly from: number;
  /** When it was over, and what had to be started again was ready, Unix ms. */
  readonly mendedAt: number;
}

/** Breaks things at their times; resolves when the last is whole again. */
export async function breakThings(
  world: World,
  plan: readonly Fault[],
  say: (line: string) => void,
): Promise<BrokenThing[]> {
  const startedAt = performance.now();
  const busy = new Map<string, Promise<unknown>>();
  const done = plan.map(async (fault) => {
    await sleep(Math.max(0, fault.atMs - (performance.now() - startedAt)));
    // A busy machine may still be starting what an earlier fault had stopped.
    const before = busy.get(fault.target) ?? Promise.resolve();
    const now = before.then(() => breakOne(world, fault));
    busy.set(fault.target, now);
    const broken = await now;
    const seconds = ((broken.mendedAt - broken.from) / 1_000).toFixed(1);
    say(`${fault.kind} ${fault.target}: whole again after ${seconds} s`);
    return broken;
  });
  return Promise.all(done);
}

async function breakOne(world: World, fault: Fault): Promise<BrokenThing> {
  const from = Date.now();
  await INFLICT[fault.kind](world, fault);
  return { fault, from, mendedAt: Date.now() };
}

type Inflict = (world: World, fault: Fault) => Promise<void>;

const INFLICT: Readonly<Record<Fault['kind'], Inflict>> = {
  KILL: async (world, { target, forMs }) => {
    const kept = world.process(target);
    await kept.kill();
    await sleep(forMs);
    await kept.start();
  },
  RESTART: async (world, { target, forMs }) => {
    const kept = world.process(target);
    await kept.stop();
    await sleep(forMs);
    await kept.start();
  },
  PAUSE: async (world, { target, forMs }) => {
    const kept = world.process(target);
    kept.pause();
    await sleep(forMs);
    kept.resume();
  },
  CUT: async (world, { target, forMs }) => {
    await world.cut(target);
    await sleep(forMs);
    await world.mend(target);
  },
  SLOW: async (world, { target, forMs }) => {
    await world.slow(target);
    await sleep(forMs);
    await world.mend(target);
  },
};
