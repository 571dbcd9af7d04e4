import type { MarginCalcRecord } from '#contracts/margin-figures.ts';
import { figuresOf } from '../account-fold.ts';
import type { FoldedAccount, RecomputedFigures } from '../account-fold.ts';

/**
 * Every account's published figures are what a plain fold of the inputs comes to, to the cent, at
 * marks in dollars. Each sentence that is returned is a failure.
 */
export function wrongFigures(
  published: ReadonlyMap<string, MarginCalcRecord>,
  fold: ReadonlyMap<string, FoldedAccount>,
  marks: Readonly<Record<string, number>>,
): string[] {
  const wrong: string[] = [];
  for (const [accountId, account] of fold) {
    const record = published.get(accountId);
    const said = record === undefined ? 'nothing' : JSON.stringify(figuresIn(record));
    const expected = JSON.stringify(figuresOf(account, marks));
    if (said !== expected) {
      wrong.push(`figures of ${accountId}: published ${said}, recomputed ${expected}`);
    }
  }
  for (const accountId of published.keys()) {
    if (!fold.has(accountId)) wrong.push(`figures of ${accountId}, which has no input`);
  }
  return wrong;
}

function figuresIn({ cash, positions, equity, excess, status }: MarginCalcRecord): unknown {
  const held = positions
    .map(({ symbol, qty }) => [symbol, qty] as const)
    .sort(([a], [b]) => a.localeCompare(b));
  // In the order of RecomputedFigures.
  return { cash, positions: held, equity, excess, status } satisfies Record<
    keyof RecomputedFigures,
    unknown
  >;
}
