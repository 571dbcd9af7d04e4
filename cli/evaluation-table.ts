import type { CuresRecord, Evaluation } from '#contracts/portfolio.ts';
import type { Paint } from './account-text.ts';
import { columns } from './columns.ts';

/** An evaluation for a person at a terminal. */

const STATUS_STYLES: Readonly<Record<Evaluation['status'], 'green' | 'yellow' | 'red'>> = {
  ACTIVE: 'green',
  WARNING: 'yellow',
  MARGIN_CALL: 'red',
  INDETERMINATE: 'yellow',
  UNSUPPORTED: 'yellow',
};

/** The text of evaluations, one after another. */
export function evaluationText(evaluations: readonly Evaluation[], paint: Paint): string {
  return evaluations.map((evaluation) => `${accountText(evaluation, paint)}\n`).join('\n');
}

function accountText(evaluation: Evaluation, paint: Paint): string {
  const { account_id, status } = evaluation;
  const sections = [
    [`${paint('bold', account_id)}  ${paint(STATUS_STYLES[status], status)}${because(evaluation)}`],
    refusals(evaluation),
    totals(evaluation),
    titled('Positions', positions(evaluation), paint),
    titled('If SPY moves', stress(evaluation, paint), paint),
    titled(cureTitle(evaluation), cures(evaluation.cures), paint),
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

function because({ deficiency, prices_missing, status }: Evaluation): string {
  if (status === 'INDETERMINATE') return `  no price: ${prices_missing.join(', ')}`;
  return deficiency === null || deficiency === 0 ? '' : `  deficiency ${money(deficiency)}`;
}

function refusals({ unsupported }: Evaluation): string[] {
  return unsupported.map(({ field, reason }) => `  ${field}  ${reason}`);
}

function totals(evaluation: Evaluation): string[] {
  const rows: [string, number | null][] = [
    ['cash', evaluation.cash],
    ['long market value', evaluation.long_mv],
    ['short market value', evaluation.short_mv],
    ['equity', evaluation.equity],
    ['regulatory requirement', evaluation.regulatory_req],
    ['maintenance requirement', evaluation.maintenance_req],
    ['excess', evaluation.excess],
    ['deficiency', evaluation.deficiency],
    ['beta-weighted exposure', evaluation.beta_weighted_exposure],
  ];
  return numbers(rows.map(([name, amount]) => [name, moneyOr(amount)]));
}

function positions(evaluation: Evaluation): string[] {
  if (evaluation.positions.length === 0) return [];
  const header = ['symbol', 'quantity', 'price', 'beta', 'market value', 'requirement'];
  const rows = evaluation.positions.map((position) => [
    position.symbol,
    decimal(position.qty, 0),
    moneyOr(position.price),
    `${decimal(position.beta, 0)}${position.beta_defaulted ? '?' : ''}`,
    moneyOr(position.market_value),
    moneyOr(position.maintenance_req),
  ]);
  const unknown = evaluation.positions.some((position) => position.beta_defaulted);
  return [...numbers([header, ...rows]), ...(unknown ? ['  ? unknown beta, taken as 1'] : [])];
}

function stress({ stress: rows }: Evaluation, paint: Paint): string[] {
  if (rows === null) return [];
  const lines = numbers([
    ['SPY', 'profit or loss', 'equity', 'excess'],
    ...rows.map((row) => [
      `${row.scenario > 0 ? '+' : ''}${decimal(row.scenario * 100, 0)} %`,
      money(row.delta_pnl),
      money(row.equity_stressed),
      money(row.excess_stressed),
    ]),
  ]);
  return lines.map((line, index) =>
    rows[index - 1]?.underwater === true ? `${line}  ${paint('red', 'underwater')}` : line,
  );
}

/** What the cures cover: the deficiency, and the buffer where policy asks for one. */
function cureTitle({ deficiency, cures: record }: Evaluation): string {
  const buffer = (record?.deposit_cash ?? 0) - (deficiency ?? 0);
  return deficiency === null || buffer <= 0
    ? 'To cure it, one of'
    : `To cure ${money(deficiency)} and the buffer of ${money(buffer)}, one of`;
}

function cures(record: CuresRecord | null): string[] {
  if (record === null || record.deposit_cash === 0) return [];
  const trades = [
    ...record.sell.map(({ symbol, qty }) => `sell ${decimal(qty, 0)} ${symbol}`),
    ...record.cover.map(({ symbol, qty }) => `buy back ${decimal(qty, 0)} ${symbol}`),
  ];
  const left = record.residual_deficiency;
  return [
    `  deposit ${money(record.deposit_cash)} in cash`,
    ...(record.deposit_securities === null
      ? []
      : [`  deposit marginable securities worth ${money(record.deposit_securities)}`]),
    ...(trades.length === 0 || left > 0 ? [] : [`  ${trades.join(', ')}`]),
    ...(left === 0 ? [] : [`  selling is not enough: it would leave ${money(left)} owed`]),
  ];
}

function titled(title: string, lines: readonly string[], paint: Paint): string[] {
  return lines.length === 0 ? [] : [`  ${paint('dim', title)}`, ...lines];
}

/** Lines of a name and numbers: their ends stand under each other. */
function numbers(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const aligned = rows.map(([name = '', ...cells]) => [
    `  ${name}`,
    ...cells.map((cell, index) => cell.padStart(widths[index + 1] ?? 0)),
  ]);
  return columns(aligned).trimEnd().split('\n');
}

function moneyOr(amount: number | null): string {
  return amount === null ? '-' : money(amount);
}

function money(amount: number): string {
  return decimal(amount, 2);
}

function decimal(value: number, digitsMin: number): string {
  return value.toLocaleString('en-US', {
    minimumFractionDigits: digitsMin,
    maximumFractionDigits: 4,
  });
}
