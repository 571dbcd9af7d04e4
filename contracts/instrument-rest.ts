import { z } from 'zod';
import { INSTRUMENT_ACTIONS } from '#domain/instruments.ts';
import { REASON } from './adjustments.ts';
import { id, instant } from './wire.ts';

/** What REST takes and answers when a person says something of an instrument. The token says who. */

/** The longest symbol whose name as a subject, `SYMBOL:<symbol>`, is an id. */
const SYMBOL_MAX = 57;

export const instrumentSymbol = id.max(SYMBOL_MAX);

export const instrumentRequestSchema = z
  .strictObject({
    action: z
      .enum(INSTRUMENT_ACTIONS)
      .describe('CLEAR: the last price is right; HALT and RESUME: trading stopped, or goes on'),
    reason: REASON,
    timestamp: instant.describe(
      'when the person looked: a CLEAR settles no doubt that began later, and an older HALT or RESUME changes nothing',
    ),
  })
  .meta({ id: 'InstrumentRequest' });

export const instrumentStatedSchema = z
  .strictObject({
    symbol: instrumentSymbol,
    action: z.enum(INSTRUMENT_ACTIONS),
    reason: REASON,
    timestamp: instant,
    by: id,
    event_id: id.describe('of the event in audit.v1; the same for the same request and key'),
  })
  .meta({ id: 'InstrumentStated' });

export type InstrumentStated = z.infer<typeof instrumentStatedSchema>;
