import { z } from 'zod';
import { beta, dollars, id, instant, price, signedQty } from './wire.ts';

/** What comes in: fills, cash movements, prices, betas (reference: seeds/004, DESIGN, Topics and records). */

/** fills.v1. `qty` is signed shares, a buy is positive; it moves cash by −qty × price. */
export const fillSchema = z
  .strictObject({
    fill_id: id,
    account_id: id,
    symbol: id,
    qty: signedQty,
    price,
    timestamp: instant,
    correlation_id: id.optional(),
  })
  .meta({ id: 'Fill' });

/** cash.v1. `amount` is signed dollars: a DEPOSIT is positive, a WITHDRAWAL negative. */
export const cashSchema = z
  .strictObject({
    cash_id: id,
    account_id: id,
    amount: dollars.refine((amount) => amount !== 0, 'must not be 0'),
    kind: z.enum(['DEPOSIT', 'WITHDRAWAL']),
    timestamp: instant,
    correlation_id: id.optional(),
  })
  .refine((cash) => (cash.kind === 'DEPOSIT') === cash.amount > 0, {
    path: ['amount'],
    message: 'must be positive for a DEPOSIT and negative for a WITHDRAWAL',
  })
  .meta({ id: 'CashMovement' });

/** prices.v1. Dollars per share. */
export const priceSchema = z
  .strictObject({ symbol: id, price, timestamp: instant })
  .meta({ id: 'Price' });

/** betas.v1. Beta to SPY. */
export const betaSchema = z
  .strictObject({ symbol: id, beta, timestamp: instant })
  .meta({ id: 'Beta' });

export type FillRecord = z.infer<typeof fillSchema>;
export type CashRecord = z.infer<typeof cashSchema>;
export type PriceRecord = z.infer<typeof priceSchema>;
export type BetaRecord = z.infer<typeof betaSchema>;
