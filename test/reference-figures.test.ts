import { describe, expect, test } from '@jest/globals';
import { encodeStressRow, encodeTotals } from '#contracts/margin-figures.ts';
import { toE4 } from '#contracts/wire.ts';
import { REFERENCE_WALK, REFERENCE_WALK_START } from '#demo/reference-walk.expected.ts';
import { accountFigures } from '#domain/margin.ts';
import type { DeterminateFigures } from '#domain/margin.ts';
import { stressRows } from '#domain/stress.ts';
import { loadPolicy } from '#platform/policies.ts';

/** The figures that the reference documents print, computed by the product from the same inputs. */

const REFERENCE = loadPolicy('reference');

function figuresOf(cash: number, qty: number, price: number): DeterminateFigures {
  const position = {
    symbol: 'NVDA',
    qtyE4: toE4(qty),
    priceE4: toE4(price),
    betaE4: toE4(1.8),
  };
  const figures = accountFigures(toE4(cash), [position], REFERENCE);
  if (figures.status === 'INDETERMINATE') throw new Error('NVDA has a price');
  return figures;
}

describe('the walk of ACC_DEMO_001 (seeds/000)', () => {
  const { deposit, qty, price, cash } = REFERENCE_WALK_START;

  test('starts with 50,000 cash after the buy', () => {
    expect(deposit - qty * price).toBe(cash);
  });

  test.each(REFERENCE_WALK)('$at: NVDA at $nvda', ({ nvda, figures, stress }) => {
    const computed = figuresOf(cash, qty, nvda);
    expect({ ...encodeTotals(computed), status: computed.status }).toMatchObject(figures);
    if (stress === null) return;
    expect(stressRows(computed).map(encodeStressRow)).toContainEqual(stress);
  });

  test('has an excess of 197,000 at T+5, where the reference prints 196,000', () => {
    expect(REFERENCE_WALK.find(({ at }) => at === 'T+5')?.figures.excess).toBe(197_000);
  });

  test('shows eight stress rows at T+25, none underwater', () => {
    const rows = stressRows(figuresOf(cash, qty, 336)).map(encodeStressRow);
    expect(rows).toEqual(
      [
        [-0.08, -24_192, 193_808, 151_808],
        [-0.06, -18_144, 199_856, 157_856],
        [-0.04, -12_096, 205_904, 163_904],
        [-0.02, -6_048, 211_952, 169_952],
        [0, 0, 218_000, 176_000],
        [0.02, 6_048, 224_048, 182_048],
        [0.04, 12_096, 230_096, 188_096],
        [0.06, 18_144, 236_144, 194_144],
      ].map(([scenario, delta_pnl, equity_stressed, excess_stressed]) => ({
        scenario,
        delta_pnl,
        equity_stressed,
        excess_stressed,
        underwater: false,
      })),
    );
  });
});

describe('the example of ACC123: 1,000 NVDA with 40,000 cash (seeds/004)', () => {
  test.each([
    // price; MV, beta-weighted, equity, requirement, excess; SPY −8 %: ΔP&L, equity, excess
    [400, [400_000, 720_000, 440_000, 100_000, 340_000], [-57_600, 382_400, 282_400]],
    [364, [364_000, 655_200, 404_000, 91_000, 313_000], [-52_416, 351_584, 260_584]],
    // The reference prints the stress figures of this step in whole dollars.
    [344.36, [344_360, 619_848, 384_360, 86_090, 298_270], [-49_587.84, 334_772.16, 248_682.16]],
    [292, [292_000, 525_600, 332_000, 73_000, 259_000], [-42_048, 289_952, 216_952]],
  ])('NVDA at %d', (price, printed, stressed) => {
    const figures = figuresOf(40_000, 1_000, price);
    const { total_mv, beta_weighted_exposure, equity, maintenance_req, excess } =
      encodeTotals(figures);
    expect([total_mv, beta_weighted_exposure, equity, maintenance_req, excess]).toEqual(printed);
    const row = stressRows(figures).map(encodeStressRow)[0];
    expect(row).toMatchObject({ scenario: -0.08, underwater: false });
    expect([row?.delta_pnl, row?.equity_stressed, row?.excess_stressed]).toEqual(stressed);
  });
});

test('an account without cash is not credited 10 % of its market value', () => {
  const figures = figuresOf(-160_000, 500, 400);
  expect(encodeTotals(figures)).toMatchObject({ equity: 40_000, deficiency: 10_000 });
  expect(figures.status).toBe('MARGIN_CALL');
});
