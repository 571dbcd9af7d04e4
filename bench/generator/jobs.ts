import { z } from 'zod';

/** What the generator's process is asked to do. It is told once where and for whom. */

const count = z.int().min(0);

const planSchema = z.object({ accounts: count, positions: count, symbols: count });

export const placeSchema = z.object({
  brokers: z.array(z.string()),
  topicPrefix: z.string(),
  partitions: count,
  plan: planSchema,
});

/** Writes the state of an engine that has booked everybody's opening fills, with betas and prices. */
const seed = z.object({ kind: z.literal('SEED') });

/**
 * Writes fills and prices in turn, all in one transaction: until it is committed no consumer sees a
 * record, and then the whole backlog at once. So the engine has the machine to itself while it works.
 */
const flood = z.object({
  kind: z.literal('FLOOD'),
  round: z.string(),
  fills: count,
  prices: count,
  /** Prices begin at this move. */
  firstMove: count,
});

/** Sends fills at a rate, each at its instant, whatever became of those before. */
const fills = z.object({
  kind: z.literal('FILLS'),
  round: z.string(),
  ratePerS: count,
  count,
});

/** Sends orders at a rate, each at its instant, whatever became of those before. */
const orders = z.object({
  kind: z.literal('ORDERS'),
  round: z.string(),
  ratePerS: count,
  count,
  /** Of these accounts only, each so many in a row; of all in disorder when left out. */
  accounts: z.object({ first: count, count, inARow: count }).optional(),
});

/** Moves prices, each move at its instant. */
const ticks = z.object({
  kind: z.literal('TICKS'),
  symbols: z.array(count),
  firstMove: count,
  count,
  everyMs: count,
});

/** Withdraws cash of one account after the other, so that each is deficient; at a rate or all at once. */
const withdrawals = z.object({
  kind: z.literal('WITHDRAWALS'),
  firstAccount: count,
  count,
  /** 0: all in one transaction. */
  ratePerS: count,
});

/** Quotes unchanged prices every second from now on: no case escalates on an old quote. */
const requote = z.object({ kind: z.literal('REQUOTE') });

export const jobSchema = z.discriminatedUnion('kind', [
  seed,
  flood,
  fills,
  orders,
  ticks,
  withdrawals,
  requote,
]);

export const requestSchema = z.object({ id: count, job: jobSchema });

/** When the job began and ended (Unix ms): of a transaction, when its commit was asked for and done. */
const resultSchema = z.object({ startedAt: count, endedAt: count });

export const answerSchema = z.object({
  id: count,
  result: resultSchema.optional(),
  error: z.string().optional(),
});

export type GeneratorPlace = z.infer<typeof placeSchema>;
export type Job = z.infer<typeof jobSchema>;
export type JobResult = z.infer<typeof resultSchema>;
