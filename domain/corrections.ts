import type { Movement } from './books.ts';

/**
 * Booking entries once, and taking them back. An entry is a fill, a cash movement or an adjustment;
 * its id names it. CANCEL takes back exactly what another entry moved, CORRECT puts itself in its
 * place. Whatever cannot be right is refused with a code, never guessed.
 */

/** What an entry says, beside its id and time. A repetition that says the same is a duplicate. */
export interface Entry {
  readonly accountId: string;
  /** The id of the entry that this one cancels or corrects; null for a new one. */
  readonly reverses: string | null;
  /**
   * The symbol of a fill; '' for cash, and for a cancel, which moves nothing of its own; of an
   * adjustment the digest of what it says.
   */
  readonly subject: string;
  /** Signed 1/10,000 share; of cash the signed amount, 1/10,000 dollar. */
  readonly qtyE4: number;
  /** 1/10,000 dollar per share; 0 where there is none. */
  readonly priceE4: number;
  /** The symbol whose shares take another form by it, a split's or a former name; absent without one. */
  readonly converts?: string;
}

/** An entry that is in the books. */
export interface BookedEntry extends Entry {
  /** The id of the entry that cancelled or corrected it; null while it stands. */
  readonly endedBy: string | null;
  /** The id of the last split or change of symbol that its shares have been through; null without one. */
  readonly convertedBy: string | null;
}

/** What entries are in the books, as far as they are remembered. */
export interface Ledger {
  find(id: string): BookedEntry | null;
}

export const CORRECTION_REFUSALS = [
  /** The id is in the books with other content. */
  'DIFFERENT_CONTENT',
  /** What is to be cancelled or corrected is not in the books, or moved nothing itself. */
  'UNKNOWN_REFERENCE',
  /** It was cancelled or corrected before. */
  'ALREADY_ENDED',
  /** It belongs to another account. */
  'OTHER_ACCOUNT',
  /** Its shares have been split or renamed since: they are no longer what it moved. */
  'CONVERTED_SINCE',
] as const;
export type CorrectionRefusal = (typeof CORRECTION_REFUSALS)[number];

export type EntryVerdict =
  | { readonly verdict: 'NEW' }
  /** The entry to take back before this one is booked. */
  | { readonly verdict: 'REVERSES'; readonly reversed: BookedEntry }
  | { readonly verdict: 'DUPLICATE' }
  | { readonly verdict: 'REFUSED'; readonly code: CorrectionRefusal; readonly reason: string };

/** What to do with an entry. `name` gives an id as the sender wrote it, for the reason. */
export function judgeEntry(
  id: string,
  entry: Entry,
  ledger: Ledger,
  name: (id: string) => string = (own) => own,
): EntryVerdict {
  const known = ledger.find(id);
  if (known !== null) {
    const difference = differenceOf(known, entry);
    if (difference === null) return { verdict: 'DUPLICATE' };
    return refused('DIFFERENT_CONTENT', `${name(id)} is in the books with another ${difference}`);
  }
  if (entry.reverses === null) return { verdict: 'NEW' };
  const referred = name(entry.reverses);
  const reversed = ledger.find(entry.reverses);
  if (reversed === null) {
    return refused(
      'UNKNOWN_REFERENCE',
      `${referred} is not in the books: it never came, or too long ago`,
    );
  }
  if (reversed.accountId !== entry.accountId) {
    return refused('OTHER_ACCOUNT', `${referred} belongs to account ${reversed.accountId}`);
  }
  if (movesNothing(reversed)) {
    return refused('UNKNOWN_REFERENCE', `${referred} is a cancel itself: it cannot be taken back`);
  }
  if (reversed.endedBy !== null) {
    return refused('ALREADY_ENDED', `${referred} was taken back by ${name(reversed.endedBy)}`);
  }
  if (reversed.convertedBy !== null) {
    return refused(
      'CONVERTED_SINCE',
      `${referred} was booked before ${name(reversed.convertedBy)}: transfer the difference instead`,
    );
  }
  return { verdict: 'REVERSES', reversed };
}

/** The movements of a fill, or of a cash movement; none for a cancel. */
export function movementsOf({ subject, qtyE4, priceE4 }: Entry): readonly Movement[] {
  if (qtyE4 === 0) return [];
  return subject === ''
    ? [{ kind: 'CASH', amountE4: qtyE4 }]
    : [{ kind: 'TRADE', symbol: subject, qtyE4, priceE4 }];
}

/** The movements that undo an entry: the same shares at the same price the other way, the same cash. */
export function undoing({ subject, qtyE4, priceE4 }: Entry): readonly Movement[] {
  return movementsOf({ accountId: '', reverses: null, subject, qtyE4: -qtyE4, priceE4 });
}

function movesNothing({ qtyE4 }: Entry): boolean {
  return qtyE4 === 0;
}

const COMPARED = [
  ['accountId', 'account'],
  ['reverses', 'reference'],
  ['subject', 'content'],
  ['qtyE4', 'quantity'],
  ['priceE4', 'price'],
] as const;

/** What two entries of one id say differently, in words; null when they agree. */
function differenceOf(known: Entry, entry: Entry): string | null {
  for (const [field, word] of COMPARED) {
    if (known[field] === entry[field]) continue;
    return field === 'subject' && known.priceE4 !== 0 ? 'symbol' : word;
  }
  return null;
}

function refused(code: CorrectionRefusal, reason: string): EntryVerdict {
  return { verdict: 'REFUSED', code, reason };
}
