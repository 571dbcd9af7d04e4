import { z } from 'zod';
import { DROP_CODES, REJECT_CODES } from '#domain/gate/verdict.ts';
import type { RejectCode, Verdict } from '#domain/gate/verdict.ts';
import { fromE4 } from './wire.ts';

/** What the gate says to an order, in dollars, shares and ms (DESIGN, Orders). */
export const verdictSchema = z.strictObject({
  decision: z.enum(['ALLOW', 'DUPLICATE', 'DROP', 'THROTTLE', 'REJECT']),
  code: z.enum(['ALLOW', 'DUPLICATE', 'THROTTLE', ...DROP_CODES, ...REJECT_CODES]),
  observed: z.union([z.number(), z.string()]).nullable(),
  limit: z.union([z.number(), z.string()]).nullable(),
});

export type VerdictRecord = z.infer<typeof verdictSchema>;

/** The codes whose figures are 1/10,000 dollar or share; the others count or are ms. */
const IN_E4: ReadonlySet<string> = new Set<RejectCode>([
  'CLOSE_ONLY',
  'RAISES_REQUIREMENT',
  'NO_NEW_DEBIT_OR_SHORT',
  'NO_LOCATE',
  'COLLAR',
  'SIZE',
  'NOTIONAL',
  'CREDIT',
  'QUOTA',
]);

export function encodeVerdict({ decision, code, observed, limit }: Verdict): VerdictRecord {
  const wire = (seen: number | string | null): number | string | null =>
    typeof seen === 'number' && IN_E4.has(code) ? fromE4(seen) : seen;
  return { decision, code, observed: wire(observed), limit: wire(limit) };
}
