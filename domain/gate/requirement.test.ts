import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { accountFigures } from '../margin.ts';
import { rate } from '../money.ts';
import type { MarginPolicy } from '../policy.ts';
import { maintenanceE4 } from './requirement.ts';

const MARGIN: MarginPolicy = {
  longMaintenanceRate: rate(300_000),
  shortMaintenanceRate: rate(350_000),
  warningBand: rate(50_000),
  bufferRate: rate(0),
  costRate: rate(0),
};

describe('the requirement that a reducing order is held to', () => {
  test('is that of the account’s figures, long and short, cheap and dear, priced or not', () => {
    const position = fc.record({
      symbol: fc.constantFrom('A', 'B', 'C', 'D', 'E'),
      qtyE4: fc.integer({ min: -10_000_000_000, max: 10_000_000_000 }),
      priceE4: fc.option(fc.integer({ min: 1, max: 5_000_000 }), { freq: 10 }),
    });
    const positions = fc.uniqueArray(position, { selector: ({ symbol }) => symbol });
    fc.assert(
      fc.property(positions, (rows) => {
        const figures = accountFigures(
          0,
          rows.map((row) => ({ ...row, betaE4: null })),
          MARGIN,
        );
        const held = new Map(rows.map(({ symbol, qtyE4 }) => [symbol, qtyE4]));
        const priced = rows.flatMap(({ symbol, priceE4 }): [string, number][] =>
          priceE4 === null ? [] : [[symbol, priceE4]],
        );
        expect(maintenanceE4(held, new Map(priced), MARGIN)).toBe(
          figures.status === 'INDETERMINATE' ? null : figures.maintenanceReqE4,
        );
      }),
    );
  });
});
