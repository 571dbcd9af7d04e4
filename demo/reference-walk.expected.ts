/**
 * The reference's walk of ACC_DEMO_001 (shared/seeds/000, "Demo Scenario Walkthrough"): 50,000 cash
 * and 500 NVDA, beta 1.8, while SPY falls by 8 %. Every figure as printed there, in dollars, with one
 * correction: at T+5 the reference prints an excess of 196,000; equity 246,000 less 25 % of 196,000
 * is 197,000 (RULES, What the reference systems get wrong).
 */

export const REFERENCE_WALK_ACCOUNT = 'ACC_DEMO_001';

/** A deposit of 250,000, then 500 NVDA at 400: 50,000 cash after the buy. */
export const REFERENCE_WALK_START = {
  deposit: 250_000,
  symbol: 'NVDA',
  qty: 500,
  price: 400,
  beta: 1.8,
  cash: 50_000,
} as const;

/** Figures of margin.calc.v1 by its names. The requirement is printed at T+0 and T+25 only; elsewhere it is what the printed excess implies. */
export interface WalkFigures {
  readonly total_mv: number;
  readonly equity: number;
  readonly maintenance_req: number;
  readonly excess: number;
  readonly beta_weighted_exposure: number;
  readonly status: 'ACTIVE';
}

/** The scenario "SPY −8 % from here" by the names of stress.beta_spy.v1. */
export interface WalkStress {
  readonly scenario: number;
  readonly delta_pnl: number;
  readonly equity_stressed: number;
  readonly excess_stressed: number;
  readonly underwater: boolean;
}

export interface WalkStep {
  /** As the reference names it: minutes after the open. */
  readonly at: `T+${number}`;
  readonly spy: number;
  readonly nvda: number;
  readonly figures: WalkFigures;
  /** null where the reference names no stress figures. */
  readonly stress: WalkStress | null;
}

export const REFERENCE_WALK: readonly WalkStep[] = [
  step('T+0', 450, 400, [200_000, 250_000, 50_000, 200_000, 360_000], null),
  step('T+5', 445.5, 392, [196_000, 246_000, 49_000, 197_000, 352_800], null),
  step('T+10', 441, 384, [192_000, 242_000, 48_000, 194_000, 345_600], null),
  step('T+15', 432, 368, [184_000, 234_000, 46_000, 188_000, 331_200], [-26_496, 207_504, 161_504]),
  step('T+20', 423, 352, [176_000, 226_000, 44_000, 182_000, 316_800], [-25_344, 200_656, 156_656]),
  step('T+25', 414, 336, [168_000, 218_000, 42_000, 176_000, 302_400], [-24_192, 193_808, 151_808]),
];

function step(
  at: WalkStep['at'],
  spy: number,
  nvda: number,
  [total_mv, equity, maintenance_req, excess, beta_weighted_exposure]: readonly [
    number,
    number,
    number,
    number,
    number,
  ],
  stressed: readonly [number, number, number] | null,
): WalkStep {
  return {
    at,
    spy,
    nvda,
    figures: {
      total_mv,
      equity,
      maintenance_req,
      excess,
      beta_weighted_exposure,
      status: 'ACTIVE',
    },
    stress: stressed === null ? null : stressAtMinus8(stressed),
  };
}

function stressAtMinus8([delta_pnl, equity_stressed, excess_stressed]: readonly [
  number,
  number,
  number,
]): WalkStress {
  return { scenario: -0.08, delta_pnl, equity_stressed, excess_stressed, underwater: false };
}
