import { accountFigures } from './margin.ts';
import { E4, sumE4 } from './money.ts';
import type { MarginPolicy, PricePolicy } from './policy.ts';
import { againstAccount } from './price-quality.ts';
import type { QuotedPosition } from './price-quality.ts';

/**
 * 4210(b): after a withdrawal the equity of an account with a debit balance or a short position is at
 * least $2,000, or what its maintenance requirement asks for if that is more.
 */
const MINIMUM_EQUITY_E4 = 2_000 * E4;

export const WITHDRAWAL_REFUSALS = [
  'LEAVES_DEFICIENCY',
  'BELOW_MINIMUM_EQUITY',
  'PRICE_DOUBTFUL',
] as const;
export type WithdrawalRefusal = (typeof WITHDRAWAL_REFUSALS)[number];

/** What a withdrawal is decided on (1/10,000 dollar). */
export interface WithdrawalFigures {
  readonly cashE4: number;
  readonly equityE4: number;
  /** The house requirement. */
  readonly maintenanceReqE4: number;
  readonly hasShort: boolean;
}

/** `observedE4` is what was asked for, `limitE4` the most that may go. */
export type WithdrawalDecision =
  | { readonly outcome: 'ALLOWED'; readonly observedE4: number; readonly limitE4: number }
  | {
      readonly outcome: 'REFUSED';
      readonly code: WithdrawalRefusal;
      readonly rule: string;
      readonly observedE4: number;
      readonly limitE4: number;
    };

/**
 * Whether `amountE4` (> 0) may leave the account: it must leave no deficiency, and the minimum equity
 * unless what remains is fully paid for (RULES, Requirements and Market access), also at the `worst`
 * that doubtful prices may turn out to be. Regulation T's initial margin is not looked at. Throws
 * MoneyRangeError.
 */
export function decideWithdrawal(
  figures: WithdrawalFigures,
  amountE4: number,
  worst: WithdrawalFigures = figures,
): WithdrawalDecision {
  const decision = decideOn(figures, amountE4);
  const careful = decideOn(worst, amountE4);
  if (decision.outcome === 'REFUSED' || careful.outcome === 'ALLOWED') return decision;
  const rule = 'what goes does not depend on a doubtful price';
  return { ...careful, code: 'PRICE_DOUBTFUL', rule };
}

/**
 * The account with every doubtful price moved against it, as far as policy says (RULES, Liquidation);
 * null when a price is missing. Throws MoneyRangeError.
 */
export function worstFigures(
  cashE4: number,
  positions: readonly QuotedPosition[],
  policy: MarginPolicy & Pick<PricePolicy, 'doubtMove'>,
): WithdrawalFigures | null {
  const moved = positions.map((position) => againstAccount(position, policy.doubtMove));
  const figures = accountFigures(cashE4, moved, policy);
  if (figures.status === 'INDETERMINATE') return null;
  const { equityE4, maintenanceReqE4 } = figures;
  const hasShort = positions.some(({ qtyE4 }) => qtyE4 < 0);
  return { cashE4, equityE4, maintenanceReqE4, hasShort };
}

function decideOn(figures: WithdrawalFigures, amountE4: number): WithdrawalDecision {
  const excessE4 = sumE4(figures.equityE4, -figures.maintenanceReqE4);
  const limitE4 = withdrawableE4(figures, excessE4);
  if (amountE4 <= limitE4) return { outcome: 'ALLOWED', observedE4: amountE4, limitE4 };
  const [code, rule] =
    amountE4 > excessE4
      ? (['LEAVES_DEFICIENCY', 'a withdrawal leaves no deficiency'] as const)
      : (['BELOW_MINIMUM_EQUITY', '4210(b): minimum equity $2,000'] as const);
  return { outcome: 'REFUSED', code, rule, observedE4: amountE4, limitE4 };
}

/** The account after `amountE4` (signed) has come or gone. */
export function afterCash(figures: WithdrawalFigures, amountE4: number): WithdrawalFigures {
  return {
    ...figures,
    cashE4: sumE4(figures.cashE4, amountE4),
    equityE4: sumE4(figures.equityE4, amountE4),
  };
}

function withdrawableE4(
  { cashE4, equityE4, hasShort }: WithdrawalFigures,
  excessE4: number,
): number {
  const aboveMinimumE4 = equityE4 - MINIMUM_EQUITY_E4;
  // Without shorts, as long as cash does not fall below 0 there is nothing that is not paid for.
  const freeE4 = hasShort ? aboveMinimumE4 : Math.max(cashE4, aboveMinimumE4);
  return Math.max(0, Math.min(excessE4, freeE4));
}
