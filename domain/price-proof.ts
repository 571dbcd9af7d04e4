import type { StaleReason } from './case-events.ts';
import { isCritical } from './critical.ts';
import { liquidationPlan } from './liquidation-plan.ts';
import { accountFigures } from './margin.ts';
import type { AccountFigures } from './margin.ts';
import { MoneyRangeError } from './money.ts';
import type { Policy } from './policy.ts';
import { inFavour } from './price-quality.ts';
import type { QuotedPosition } from './price-quality.ts';

/** What a re-read found in the account (1/10,000 dollar and share). */
export interface Holdings {
  readonly cashE4: number;
  readonly positions: readonly QuotedPosition[];
}

/** The symbols whose prices can be doubted: they are never traded (RULES, Liquidation). */
export function doubtfulSymbols(positions: readonly QuotedPosition[]): string[] {
  return positions.flatMap(({ symbol, quality }) => (quality === undefined ? [] : [symbol]));
}

/**
 * Why doubtful prices forbid to act on figures; null when they do not. A deficiency that remains with
 * every doubtful price moved in the account's favour is one whatever the doubt turns out to be
 * (RULES, Liquidation). Without a deficiency a doubtful price proves neither a warning nor a recovery.
 * `toSell`: something is to be sold now, and nothing but doubtful positions could be.
 */
export function doubtForbidding(
  { cashE4, positions }: Holdings,
  toSell: boolean,
  policy: Policy,
): StaleReason | null {
  const doubtful = positions.filter(({ quality }) => quality !== undefined);
  if (doubtful.length === 0) return null;
  const favourable = positions.map((position) => inFavour(position, policy.doubtMove));
  const figures = figuresOf(cashE4, positions, policy);
  if (!isDeficient(figures) || !isDeficient(figuresOf(cashE4, favourable, policy))) {
    return reasonOf(doubtful, 'a deficiency that does not depend on it');
  }
  if (!toSell) return null;
  const exclude = doubtfulSymbols(positions);
  const { legs } = liquidationPlan(figures, policy, { exclude });
  return legs.length === 0 ? reasonOf(doubtful, 'something else to sell or cover') : null;
}

/**
 * Is the equity critical whatever the doubts turn out to be: also with every doubtful price moved in
 * the account's favour (RULES, Liquidation: acceleration on fresh prices)?
 */
export function isCriticalBeyondDoubt({ cashE4, positions }: Holdings, policy: Policy): boolean {
  const favourable = positions.map((position) => inFavour(position, policy.doubtMove));
  const figures = figuresOf(cashE4, favourable, policy);
  return figures !== null && figures.status !== 'INDETERMINATE' && isCritical(figures, policy);
}

/** The figures, or null for an account beyond exact cents. */
function figuresOf(
  cashE4: number,
  positions: readonly QuotedPosition[],
  policy: Policy,
): AccountFigures | null {
  try {
    return accountFigures(cashE4, positions, policy);
  } catch (error) {
    if (error instanceof MoneyRangeError) return null;
    throw error;
  }
}

function isDeficient(
  figures: AccountFigures | null,
): figures is Extract<AccountFigures, { status: 'MARGIN_CALL' | 'WARNING' | 'ACTIVE' }> {
  return figures !== null && figures.status !== 'INDETERMINATE' && figures.deficiencyE4 > 0;
}

function reasonOf(doubtful: readonly QuotedPosition[], limit: string): StaleReason {
  return {
    code: 'PRICE_DOUBTFUL',
    what: doubtful.map(({ symbol }) => symbol).join(', '),
    observed: [...new Set(doubtful.map(({ quality }) => quality))].join(', '),
    limit,
  };
}
