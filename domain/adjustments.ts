import type { Movement } from './books.ts';
import { E4, MoneyRangeError, mulDivHalfEven } from './money.ts';

/** Changes of books by a person: transfers, corporate actions, journals. Amounts in 1/10,000. */
export type Adjustment =
  /** Signed shares and cash that come; what goes is negative. */
  | {
      readonly kind: 'TRANSFER';
      readonly positions: readonly { readonly symbol: string; readonly qtyE4: number }[];
      readonly cashE4: number;
    }
  | {
      readonly kind: 'SPLIT';
      readonly symbol: string;
      readonly numerator: number;
      readonly denominator: number;
      /** What a whole new share pays for fractions of it, 1/10,000 dollar; null keeps fractions. */
      readonly lieuPriceE4: number | null;
    }
  | { readonly kind: 'SYMBOL_CHANGE'; readonly symbol: string; readonly newSymbol: string }
  /** Changes nothing in the books: blocks come or go. */
  | { readonly kind: 'NONE' };

/** Does cash or a long share leave the account, or a debt or a short come to it? */
export function takesOut(adjustment: Adjustment): boolean {
  if (adjustment.kind !== 'TRANSFER') return false;
  return adjustment.cashE4 < 0 || adjustment.positions.some(({ qtyE4 }) => qtyE4 < 0);
}

export type AdjustmentPlan =
  | { readonly ok: true; readonly movements: readonly Movement[] }
  | { readonly ok: false; readonly code: 'NOT_HELD'; readonly reason: string };

/** The movements that an adjustment makes on books that hold `positions`. Throws MoneyRangeError. */
export function planAdjustment(
  adjustment: Adjustment,
  positions: ReadonlyMap<string, number>,
): AdjustmentPlan {
  switch (adjustment.kind) {
    case 'NONE':
      return planned([]);
    case 'TRANSFER': {
      const { cashE4 } = adjustment;
      const shares = adjustment.positions.map(({ symbol, qtyE4 }): Movement => ({
        kind: 'SHARES',
        symbol,
        qtyE4,
      }));
      return planned(cashE4 === 0 ? shares : [...shares, { kind: 'CASH', amountE4: cashE4 }]);
    }
    case 'SPLIT': {
      const { symbol } = adjustment;
      const heldE4 = positions.get(symbol);
      if (heldE4 === undefined) return notHeld(symbol);
      const { qtyAfterE4, cashE4 } = splitPosition(heldE4, adjustment);
      return planned([{ kind: 'CONVERSION', symbol, qtyE4: qtyAfterE4 - heldE4, cashE4 }]);
    }
    case 'SYMBOL_CHANGE': {
      const { symbol, newSymbol } = adjustment;
      const heldE4 = positions.get(symbol);
      if (heldE4 === undefined) return notHeld(symbol);
      return planned([
        { kind: 'CONVERSION', symbol, qtyE4: -heldE4, cashE4: 0 },
        { kind: 'CONVERSION', symbol: newSymbol, qtyE4: heldE4, cashE4: 0 },
      ]);
    }
  }
}

/**
 * A position after a split of `numerator` new shares for `denominator` old ones. With a price for cash
 * in lieu whole shares stay and the exact fraction is paid, half-even; a short pays it. Without one the
 * position is kept to 1/10,000 share, toward zero: what is finer cannot be held and is worth less than
 * 1/10,000 share.
 */
export function splitPosition(
  heldE4: number,
  split: {
    readonly numerator: number;
    readonly denominator: number;
    readonly lieuPriceE4: number | null;
  },
): { readonly qtyAfterE4: number; readonly cashE4: number } {
  const sign = heldE4 < 0 ? -1 : 1;
  const product = BigInt(Math.abs(heldE4)) * BigInt(split.numerator);
  const divisor = BigInt(split.denominator);
  if (split.lieuPriceE4 === null) {
    return { qtyAfterE4: sign * safeNumber(product / divisor) + 0, cashE4: 0 };
  }
  const share = divisor * BigInt(E4);
  const whole = product / share;
  const paidE4 = mulDivHalfEven(Number(product % share), split.lieuPriceE4, Number(share));
  return {
    qtyAfterE4: sign * safeNumber(whole * BigInt(E4)) + 0,
    cashE4: sign * paidE4 + 0,
  };
}

function safeNumber(value: bigint): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) {
    throw new MoneyRangeError('a split position leaves the range in which shares are exact');
  }
  return number;
}

function planned(movements: readonly Movement[]): AdjustmentPlan {
  return { ok: true, movements };
}

function notHeld(symbol: string): AdjustmentPlan {
  return { ok: false, code: 'NOT_HELD', reason: `the account holds no ${symbol}` };
}
