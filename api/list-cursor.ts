import { RUNG_NAMES } from '#contracts/case-events.ts';
import { ID_PATTERN } from '#contracts/wire.ts';
import type { ListPosition } from '#ports/account-index.ts';

/** A place in the list of accounts as an opaque word for the next request. */
export function encodeCursor(position: ListPosition): string {
  return Buffer.from(`${position.rung} ${position.accountId}`).toString('base64url');
}

/** The place that a cursor stands for; null when it is none that this API gave out. */
export function decodeCursor(cursor: string): ListPosition | null {
  const [rung, accountId = '', ...rest] = Buffer.from(cursor, 'base64url').toString().split(' ');
  const known = RUNG_NAMES.find((name) => name === rung);
  if (known === undefined || rest.length > 0) return null;
  return accountId === '' || ID_PATTERN.test(accountId) ? { rung: known, accountId } : null;
}
