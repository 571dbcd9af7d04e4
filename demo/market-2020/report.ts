import type { AccountResult, DayResult, MarketResult } from './result.ts';

/** The result as tables of plain text that fit a terminal of 100 columns. */

const TOP = 8;

/** A table with its head, columns padded to their widest cell. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((title, at) =>
    Math.max(title.length, ...rows.map((row) => row[at]?.length ?? 0)),
  );
  return [head, ...rows].map((row) =>
    row
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join('  '),
  );
}

/** Day by day: the index, the steps taken, what customers made and what the firm stood to lose. */
export function dayTable({ days }: MarketResult): string[] {
  return table(
    ['date', 'S&P 500', 'move', 'warn', 'call', 'restr', 'liqu', 'met', 'customers', 'unsecured'],
    days.map((day, at) => [
      day.date,
      day.index.toFixed(0),
      moveText(day, days[at - 1]),
      ...[day.warned, day.called, day.restricted, day.liquidated, day.met].map(countText),
      thousands(day.customers),
      thousands(day.unsecured),
    ]),
  );
}

/** Those of whom most was sold. */
export function liquidationTable(result: MarketResult): string[] {
  return table(
    ['account', 'kind', 'leverage', 'called', 'liquidated', 'sold', 'gain', 'paid in', 'unsecured'],
    topLiquidations(result).map((account) => [
      account.accountId,
      account.style,
      `${account.leverage.toFixed(2)}×`,
      account.calledOn ?? '—',
      account.liquidatedOn ?? '—',
      thousands(account.liquidated),
      thousands(account.gain),
      thousands(account.paidIn),
      thousands(account.unsecured),
    ]),
  );
}

export function topLiquidations({ accounts }: MarketResult): readonly AccountResult[] {
  return accounts
    .filter(({ liquidatedOn }) => liquidatedOn !== null)
    .sort((a, b) => b.liquidated - a.liquidated)
    .slice(0, TOP);
}

/** The day on which the firm's own money at risk grew most, and by how much. */
export function worstDay({ days }: MarketResult): { readonly date: string; readonly loss: number } {
  return days
    .map(({ date, unsecured }, at) => ({ date, loss: unsecured - (days[at - 1]?.unsecured ?? 0) }))
    .reduce((worst, day) => (day.loss > worst.loss ? day : worst));
}

export function moveText(day: DayResult, before: DayResult | undefined): string {
  if (before === undefined) return '';
  const percent = (day.index / before.index - 1) * 100;
  return `${percent < 0 ? '−' : '+'}${Math.abs(percent).toFixed(1)} %`;
}

export function countText(count: number): string {
  return count === 0 ? '·' : String(count);
}

/** Dollars in thousands: −1,234k. */
export function thousands(amount: number): string {
  const rounded = Math.round(Math.abs(amount) / 1_000);
  if (rounded === 0) return amount === 0 ? '·' : '<1k';
  return `${amount < 0 ? '−' : ''}${rounded.toLocaleString('en-US')}k`;
}
