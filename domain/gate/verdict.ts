/** Why an order is rejected: its own fault, or a rule of the account, the security or the firm. */
export const REJECT_CODES = [
  'SCHEMA',
  'EXPIRED',
  'CLOSE_ONLY',
  'RAISES_REQUIREMENT',
  'NO_NEW_DEBIT_OR_SHORT',
  'RESTRICTED_SECURITY',
  'HARD_TO_BORROW',
  'NO_LOCATE',
  'COLLAR',
  'SIZE',
  'NOTIONAL',
  'CREDIT',
  'QUOTA',
  'UNSUPPORTED',
] as const;
export type RejectCode = (typeof REJECT_CODES)[number];

/** Why an order is dropped: a control stands in front of it, or cannot be known. */
export const DROP_CODES = ['KILLED', 'CONTROL_STALE'] as const;
export type DropCode = (typeof DROP_CODES)[number];

/**
 * What the gate says to one order: a closed code, what it saw and the limit that it held it against,
 * in the wire's units (dollars, shares, ms), null where a code has none.
 */
export type Verdict =
  | {
      readonly decision: 'ALLOW';
      readonly code: 'ALLOW';
      readonly observed: null;
      readonly limit: null;
    }
  | (Seen & { readonly decision: 'DUPLICATE'; readonly code: 'DUPLICATE' })
  | (Seen & { readonly decision: 'DROP'; readonly code: DropCode })
  | (Seen & { readonly decision: 'THROTTLE'; readonly code: 'THROTTLE' })
  | (Seen & { readonly decision: 'REJECT'; readonly code: RejectCode });

interface Seen {
  readonly observed: number | string | null;
  readonly limit: number | string | null;
}

export type Refusal = Exclude<Verdict, { decision: 'ALLOW' }>;

export const ALLOW: Verdict = { decision: 'ALLOW', code: 'ALLOW', observed: null, limit: null };

/** The order does not pass: `code` says why, `observed` against `limit` shows it. */
export function reject(
  code: RejectCode,
  observed: Seen['observed'],
  limit: Seen['limit'],
): Refusal {
  return { decision: 'REJECT', code, observed, limit };
}

/** A control stands in front of the order. */
export function drop(code: DropCode, observed: Seen['observed'], limit: Seen['limit']): Refusal {
  return { decision: 'DROP', code, observed, limit };
}
