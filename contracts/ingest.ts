import { z } from 'zod';
import { INSTRUMENT_ACTIONS } from '#domain/instruments.ts';
import { PRICE_KINDS } from '#domain/price-acceptance.ts';
import { beta, dollars, id, instant, price, signedQty, symbol, text } from './wire.ts';

/** What comes in: fills, cash movements, prices, betas, instruments (reference: seeds/004, DESIGN, Topics and records). */

const trade = {
  fill_id: id,
  account_id: id,
  symbol,
  qty: signedQty,
  price,
  timestamp: instant,
  correlation_id: id.optional(),
};

/** A new fill. `qty` is signed shares, a buy is positive; it moves cash by −qty × price. */
export const fillSchema = z
  .strictObject({ ...trade, kind: z.literal('NEW').optional().describe('NEW when left out') })
  .meta({ id: 'Fill' });

/** A fill that replaces another: that one is taken back exactly, then this one counts. */
export const fillCorrectSchema = z
  .strictObject({ ...trade, kind: z.literal('CORRECT'), ref_fill_id: id })
  .meta({ id: 'FillCorrect' });

/** Takes a fill back: exactly the cash and the shares that it moved. It has a fill_id of its own. */
export const fillCancelSchema = z
  .strictObject({
    fill_id: id,
    account_id: id,
    kind: z.literal('CANCEL'),
    ref_fill_id: id,
    timestamp: instant,
    correlation_id: id.optional(),
  })
  .meta({ id: 'FillCancel' });

/** fills.v1: fills, and what corrects them. */
export const fillEntrySchema = z
  .discriminatedUnion('kind', [fillSchema, fillCorrectSchema, fillCancelSchema])
  .meta({ id: 'FillEntry' });

/** `amount` is signed dollars: a DEPOSIT is positive, a WITHDRAWAL negative. */
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

/** Takes a cash movement back: exactly its amount. It has a cash_id of its own. */
export const cashReversalSchema = z
  .strictObject({
    cash_id: id,
    account_id: id,
    kind: z.literal('REVERSAL'),
    ref_cash_id: id,
    timestamp: instant,
    correlation_id: id.optional(),
  })
  .meta({ id: 'CashReversal' });

/** cash.v1: cash movements, and what takes them back. */
export const cashEntrySchema = z
  .discriminatedUnion('kind', [cashSchema, cashReversalSchema])
  .meta({ id: 'CashEntry' });

/** prices.v1. Dollars per share. */
export const priceSchema = z
  .strictObject({
    symbol,
    price,
    timestamp: instant,
    kind: z
      .enum(PRICE_KINDS)
      .optional()
      .describe('CLOSE: the official closing price of a session; a TRADE when left out'),
  })
  .meta({ id: 'Price' });

/** betas.v1. Beta to SPY. */
export const betaSchema = z.strictObject({ symbol, beta, timestamp: instant }).meta({ id: 'Beta' });

/**
 * instruments.v1: what the exchange and people say of an instrument, a statement each. HALT and RESUME
 * come from the exchange's feed or a person; CLEAR says that a person has looked at a doubtful price and
 * found it right (RULES, Liquidation).
 */
export const instrumentSchema = z
  .strictObject({
    symbol,
    action: z.enum(INSTRUMENT_ACTIONS),
    timestamp: instant,
    by: text(64).optional().describe('who said it; absent when it came from a feed'),
    reason: text(500).optional(),
  })
  .meta({ id: 'InstrumentStatement' });

export type FillRecord = z.infer<typeof fillSchema>;
export type FillEntry = z.infer<typeof fillEntrySchema>;
export type CashRecord = z.infer<typeof cashSchema>;
export type CashEntry = z.infer<typeof cashEntrySchema>;
export type PriceRecord = z.infer<typeof priceSchema>;
export type BetaRecord = z.infer<typeof betaSchema>;
export type InstrumentRecord = z.infer<typeof instrumentSchema>;
