import { LadderWalk, WALK_POLICY } from '#test/ladder-walk.ts';
import { describe, expect, test } from '@jest/globals';
import type { CaseFigures } from './case-figures.ts';
import { edgeOf, edgeOfAcknowledged, toldBy } from './edges.ts';
import type { ToldFigures } from './edges.ts';
import { E4 } from './money.ts';

/** 500 NVDA against a debit of $150,000: at $390 the account lacks $3,750, at $380 $7,500. */
const HEALTHY = 500;
/** A fall of SPY by 8 % would leave a deficiency. */
const STRESSED = 480;
const THIN = 410;
const BARELY = 401;
const DEFICIENT = 390;

const walk = new LadderWalk();
walk.tellsStress = true;
const at = (dollars: number | null): CaseFigures => walk.setPrice(dollars).figures();
const told = (figures: CaseFigures, before: ToldFigures | null = null): ToldFigures =>
  toldBy(before, figures, WALK_POLICY);

describe('the first figures of an account', () => {
  test.each([
    { dollars: HEALTHY, edge: null },
    { dollars: STRESSED, edge: 'FIRST' },
    { dollars: THIN, edge: 'FIRST' },
    { dollars: DEFICIENT, edge: 'FIRST' },
    { dollars: null, edge: 'FIRST' },
  ])('at a price of $dollars are told as $edge', ({ dollars, edge }) => {
    expect(edgeOf(null, at(dollars), WALK_POLICY)).toBe(edge);
  });
});

describe('later figures', () => {
  test.each([
    { from: HEALTHY, to: THIN, edge: 'STATUS' },
    { from: THIN, to: HEALTHY, edge: 'STATUS' },
    { from: THIN, to: DEFICIENT, edge: 'STATUS' },
    { from: DEFICIENT, to: BARELY, edge: 'STATUS' },
    { from: DEFICIENT, to: null, edge: 'INDETERMINATE' },
    { from: null, to: DEFICIENT, edge: 'INDETERMINATE' },
    { from: HEALTHY, to: HEALTHY + 1, edge: null },
    { from: THIN, to: THIN + 1, edge: null },
    { from: DEFICIENT, to: DEFICIENT - 0.5, edge: null },
    // $150 and $375: more than a tenth, less than the step.
    { from: 399.6, to: 399, edge: null },
    { from: 520, to: HEALTHY, edge: 'STRESS' },
    { from: HEALTHY, to: STRESSED, edge: 'STRESS' },
    { from: STRESSED, to: 520, edge: 'STRESS' },
    { from: STRESSED, to: STRESSED + 1, edge: null },
    { from: 333.5, to: 333, edge: 'CRITICAL' },
    { from: 333, to: 333.5, edge: 'CRITICAL' },
    { from: DEFICIENT, to: 380, edge: 'DEFICIENCY' },
    { from: 380, to: DEFICIENT, edge: 'DEFICIENCY' },
  ])('from $from to $to are told as $edge', ({ from, to, edge }) => {
    expect(edgeOf(told(at(from)), at(to), WALK_POLICY)).toBe(edge);
  });

  test('move by the larger of the step and the share', () => {
    // From a deficiency of $41,250 ten percent are $4,125.
    expect(edgeOf(told(at(290)), at(288), WALK_POLICY)).toBeNull();
    expect(edgeOf(told(at(290)), at(279), WALK_POLICY)).toBe('DEFICIENCY');
    expect(edgeOf(told(at(280)), at(270), WALK_POLICY)).toBeNull();
  });

  test('are no news when they are older or the same', () => {
    const old = at(HEALTHY);
    const now = at(DEFICIENT);
    expect(edgeOf(told(now), old, WALK_POLICY)).toBeNull();
    expect(edgeOf(told(now), now, WALK_POLICY)).toBeNull();
  });
});

describe('while a call may be open', () => {
  test('a crossing of the hysteresis level is told', () => {
    const deficient = told(at(DEFICIENT));
    const barely = at(BARELY);
    expect(edgeOf(told(barely, deficient), at(THIN), WALK_POLICY)).toBe('HYSTERESIS');
    expect(edgeOf(told(barely), at(THIN), WALK_POLICY)).toBeNull();
  });

  test('money and fills are told', () => {
    const before = told(at(DEFICIENT));
    walk.creditedTotalE4 += 100 * E4;
    expect(edgeOf(before, at(DEFICIENT), WALK_POLICY)).toBe('CREDIT');
  });

  test('and not before there was a deficiency', () => {
    const before = told(at(THIN));
    walk.creditedTotalE4 += 100 * E4;
    expect(edgeOf(before, at(THIN), WALK_POLICY)).toBeNull();
  });
});

describe('the sweep', () => {
  const acknowledged = {
    rung: 'WARNING',
    status: 'WARNING',
    version: { generation: 1, sequence: 0 },
    deficiencyE4: 0,
    stress: 'UNDERWATER',
  } as const;

  test.each([
    { name: 'there is no case and need be none', case: null, dollars: HEALTHY, edge: null },
    { name: 'there is no case though one is needed', case: null, dollars: THIN, edge: 'FIRST' },
    { name: 'the status was lost', case: acknowledged, dollars: DEFICIENT, edge: 'STATUS' },
    { name: 'the recovery was lost', case: acknowledged, dollars: HEALTHY, edge: 'STATUS' },
    {
      name: 'the missing price was lost',
      case: acknowledged,
      dollars: null,
      edge: 'INDETERMINATE',
    },
    {
      name: 'what stress would do was lost',
      case: { ...acknowledged, stress: 'CLEAR' as const },
      dollars: THIN,
      edge: 'STRESS',
    },
    {
      name: 'there is no case though stress may want one',
      case: null,
      dollars: STRESSED,
      edge: 'FIRST',
    },
    { name: 'nothing was lost', case: acknowledged, dollars: THIN, edge: null },
    {
      name: 'a call is open on older figures',
      case: { ...acknowledged, rung: 'RESTRICTED' },
      dollars: THIN,
      edge: 'HEALED',
    },
    {
      name: 'the deficiency has moved',
      case: { ...acknowledged, rung: 'ACTIVE', status: 'MARGIN_CALL' as const },
      dollars: DEFICIENT,
      edge: 'DEFICIENCY',
    },
    {
      name: 'the case has later figures than the sweep',
      case: { ...acknowledged, version: { generation: 2, sequence: 0 } },
      dollars: DEFICIENT,
      edge: null,
    },
  ])('signals $edge when $name', ({ case: known, dollars, edge }) => {
    expect(edgeOfAcknowledged(known, at(dollars), WALK_POLICY)).toBe(edge);
  });
});
