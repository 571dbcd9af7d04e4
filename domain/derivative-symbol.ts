/**
 * Options and futures under the names that feeds give them. They are refused at the door: valued as
 * stock they would be margined without their multiplier (RULES, Figures). US stock symbols have no
 * digits, so neither form can be one; class suffixes such as BRK.B are no part of either.
 */

/** OCC's 21 characters with or without their spaces: root, YYMMDD, C or P, strike; also `O:` and `.` before it. */
const OPTION = /^(?:O:|\.)?[A-Z][A-Z0-9]{0,5}[ _:.-]{0,6}\d{6}[CP]\d{1,8}(?:\.\d{1,4})?$/i;

/** Root, month letter, year of one, two or four digits: ESZ6, ESZ26, 6EZ2026. */
const FUTURE = /^[A-Z0-9]{1,3}[FGHJKMNQUVXZ](?:\d{1,2}|20\d\d)$/i;

/** Is this the symbol of an option or a future rather than of a stock? */
export function isDerivativeSymbol(symbol: string): boolean {
  return OPTION.test(symbol) || FUTURE.test(symbol);
}
