import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { faultText, LINK_FAULTS, planFaults, PROCESS_FAULTS } from './fault-plan.ts';
import type { PlanShape } from './fault-plan.ts';

const BREAKABLE = {
  processes: ['kafka', 'worker', 'margin-engine-1'],
  links: ['worker–kafka', 'api–dynamodb'],
};
const SHAPE: PlanShape = {
  singles: 'EACH_KIND',
  singleEveryMs: 15_000,
  singleLinksMax: 10,
  faultMsMax: 12_000,
  stormMs: 60_000,
  stormEveryMs: 2_000,
};
const seeds = fc.integer({ min: 0, max: 2 ** 31 - 1 });

describe('a plan of faults', () => {
  test('is the same for the same seed and another for another', () => {
    expect(planFaults(7, BREAKABLE, SHAPE)).toEqual(planFaults(7, BREAKABLE, SHAPE));
    expect(planFaults(7, BREAKABLE, SHAPE)).not.toEqual(planFaults(8, BREAKABLE, SHAPE));
  });

  test('has each kind of fault on each target alone, if it is asked for', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const singles = planFaults(seed, BREAKABLE, { ...SHAPE, stormMs: 0 });
        const wanted = [
          ...BREAKABLE.processes.flatMap((target) =>
            PROCESS_FAULTS.map((kind) => `${kind} ${target}`),
          ),
          ...BREAKABLE.links.flatMap((target) => LINK_FAULTS.map((kind) => `${kind} ${target}`)),
        ];
        expect(singles.map(({ kind, target }) => `${kind} ${target}`).sort()).toEqual(
          wanted.sort(),
        );
        for (const [n, { atMs }] of singles.entries()) {
          const before = singles[n - 1];
          if (before !== undefined) expect(before.atMs + before.forMs).toBeLessThan(atMs);
        }
      }),
    );
  });

  test('never breaks what is broken, nor more than three things at once', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const plan = planFaults(seed, BREAKABLE, SHAPE);
        for (const fault of plan) {
          const lasting = plan.filter(
            ({ atMs, forMs }) => atMs <= fault.atMs && atMs + forMs > fault.atMs,
          );
          expect(lasting.length).toBeLessThanOrEqual(3);
          expect(new Set(lasting.map(({ target }) => target)).size).toBe(lasting.length);
        }
      }),
    );
  });

  test('reads as lines', () => {
    expect(faultText({ kind: 'CUT', target: 'worker–kafka', atMs: 1_500, forMs: 700 })).toBe(
      '    1.5 s  CUT     worker–kafka for 0.7 s',
    );
  });
});
