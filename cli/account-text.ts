import { styleText } from 'node:util';
import type { AccountSummary, RungName } from '#contracts/account-state.ts';
import type { AccountDetail } from '#contracts/rest.ts';
import { columns } from './columns.ts';

/** Accounts and cases for a person at a terminal. */

export type Style = 'green' | 'yellow' | 'red' | 'bold' | 'dim' | 'cyan' | 'magenta' | 'blue';
/** Puts a style on words; the plain words where the terminal takes none. */
export type Paint = (style: Style, words: string) => string;

export const painted: Paint = (style, words) => styleText(style, words, { validateStream: false });
export const plain: Paint = (_style, words) => words;

export const RUNG_STYLES: Readonly<Record<RungName, Style>> = {
  ACTIVE: 'green',
  WARNING: 'yellow',
  MARGIN_CALL: 'red',
  RESTRICTED: 'red',
  LIQUIDATING: 'red',
  UNSECURED_DEFICIT: 'red',
};

/** A table of accounts, a line each. */
export function accountsText(
  accounts: readonly AccountSummary[],
  now: number,
  paint: Paint,
): string {
  if (accounts.length === 0) return 'No accounts.\n';
  const head = [
    'account',
    'rung',
    'status',
    'equity',
    'requirement',
    'excess',
    'demand',
    'due',
    'held',
  ];
  const table = aligned(
    [head, ...accounts.map((account) => [account.account_id, ...cells(account, now)])],
    3,
    6,
  );
  const [title = '', ...lines] = table.split(/(?<=\n)/);
  const coloured = lines.map((line, index) => {
    const rung = accounts[index]?.rung ?? 'ACTIVE';
    const from = accounts[index]?.account_id.length ?? 0;
    return line.slice(0, from) + line.slice(from).replace(rung, paint(RUNG_STYLES[rung], rung));
  });
  return `${paint('dim', title.trimEnd())}\n${coloured.join('')}`;
}

function cells(account: AccountSummary, now: number): string[] {
  return [
    account.rung,
    account.status ?? '-',
    moneyText(account.equity),
    moneyText(account.maintenance_req),
    moneyText(account.excess),
    moneyText(account.demand),
    dueText(account, now),
    account.hold === null ? '' : account.hold.reason,
  ];
}

/** The case of an account, step by step, and the figures behind it. */
export function caseText(account: AccountDetail, now: number, paint: Paint): string {
  const { rung } = account;
  const title = `${paint('bold', account.account_id)}  ${paint(RUNG_STYLES[rung], rung)}`;
  const sections = [
    `${title}  status ${account.status ?? 'unknown'}\n`,
    stepsText(account, now),
    figuresText(account, now, paint),
    positionsText(account, paint),
    account.links.case === null ? '' : `In the Temporal Web UI: ${account.links.case}\n`,
  ];
  return sections.filter((section) => section !== '').join('\n');
}

function stepsText({ case: open }: AccountDetail, now: number): string {
  if (open === null) return '  No case: the account has never been in trouble.\n';
  const seen =
    open.acknowledged_by === null
      ? 'nobody yet'
      : `${open.acknowledged_by}, ${instantText(open.acknowledged_at, now)}`;
  const rows: [string, string | null][] = [
    ['episode', `${String(open.episode)} under policy ${open.policy_version}`],
    ['demand', open.demand === null ? null : moneyText(open.demand)],
    ['outstanding', open.outstanding === null ? null : moneyText(open.outstanding)],
    ['issued', open.issued_at === null ? null : instantText(open.issued_at, now)],
    ['due', open.due_at === null ? null : instantText(open.due_at, now)],
    ['close-only since', open.restricted_at === null ? null : instantText(open.restricted_at, now)],
    ['liquidation from', open.liquidate_at === null ? null : instantText(open.liquidate_at, now)],
    ['close-only for stress since', stressed(open.stress_restricted_at, now)],
    ['funds pending', open.funds_expire_at === null ? null : fundsText(open.funds_expire_at, now)],
    ['release', releaseText(open)],
    ['enforcement', enforcementText(open, now)],
    [
      'held',
      open.hold === null ? null : `${open.hold.reason}, ${instantText(open.hold.since, now)}`,
    ],
    ['seen by', seen],
  ];
  return rowsText(rows);
}

type OpenCase = NonNullable<AccountDetail['case']>;

function fundsText(expiresAt: number, now: number): string {
  return `hold escalation until ${instantText(expiresAt, now)}`;
}

/** When a call is due, or what its liquidation waits for. */
export function dueText(
  one: Pick<AccountSummary, 'awaiting_release' | 'braked' | 'due_at'>,
  now: number,
): string {
  if (!one.awaiting_release) return instantText(one.due_at, now);
  return one.braked ? 'waits for release (brake)' : 'waits for release';
}

/** How many policy asks for goes by the size of the liquidation; the case's alert says it. */
const PERSONS_BY_SIZE = 'one person, or two: its alert AWAITING_RELEASE says how many';

/** Who has released the liquidation, and whether somebody else has to yet. */
function releaseText({
  awaiting_release: awaiting,
  braked,
  released_by: by,
}: OpenCase): string | null {
  const brake = braked ? ': the liquidation brake is on' : '';
  if (by.length === 0) {
    return awaiting ? `waits for ${braked ? 'two persons' : PERSONS_BY_SIZE}${brake}` : null;
  }
  const names = by.join(' and ');
  return awaiting ? `by ${names}; waits for a second, different person${brake}` : `by ${names}`;
}

/** Who holds enforcement, and who still has to agree to its end. */
function enforcementText({ enforcement_hold: held }: OpenCase, now: number): string | null {
  if (held === null) return null;
  const since = `held by ${held.by}, ${instantText(held.since, now)}: ${held.reason}`;
  return held.resume_asked_by === null
    ? `${since}; two persons resume it`
    : `${since}; ${held.resume_asked_by} asks to resume, a second person has to agree`;
}

function stressed(since: number | null, now: number): string | null {
  return since === null ? null : instantText(since, now);
}

function figuresText({ figures }: AccountDetail, now: number, paint: Paint): string {
  if (figures === null) return '';
  const rows: [string, string | null][] = [
    ['cash', moneyText(figures.cash)],
    ['long market value', moneyText(figures.long_mv)],
    ['short market value', moneyText(figures.short_mv)],
    ['equity', moneyText(figures.equity)],
    ['maintenance requirement', moneyText(figures.maintenance_req)],
    ['excess', moneyText(figures.excess)],
    ['no price for', figures.prices_missing.join(', ') || null],
    ...figures.blocked_by.map(({ code, what, since }): [string, string] => [
      'blocked by',
      `${code} ${what}, ${instantText(since, now)}`,
    ]),
  ];
  return `${paint('dim', `Figures of ${instantText(figures.as_of, now)}`)}\n${rowsText(rows)}`;
}

function positionsText({ figures }: AccountDetail, paint: Paint): string {
  if (figures === null || figures.positions.length === 0) return '';
  const rows = figures.positions.map((position) => [
    `  ${position.symbol}`,
    number(position.qty, 0),
    moneyText(position.price),
    moneyText(position.market_value),
    moneyText(position.maintenance_req),
  ]);
  const head = ['  symbol', 'quantity', 'price', 'market value', 'requirement'];
  return `${paint('dim', 'Positions')}\n${aligned([head, ...rows], 1, 4)}`;
}

function rowsText(rows: readonly (readonly [string, string | null])[]): string {
  return columns(rows.flatMap(([name, value]) => (value === null ? [] : [[`  ${name}`, value]])));
}

/** Columns of which those from `first` to `last` are numbers: their ends stand under each other. */
export function aligned(rows: readonly (readonly string[])[], first: number, last: number): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return columns(
    rows.map((row) =>
      row.map((cell, column) =>
        column >= first && column <= last ? cell.padStart(widths[column] ?? 0) : cell,
      ),
    ),
  );
}

/** Dollars; - for none. */
export function moneyText(amount: number | null): string {
  return amount === null ? '-' : number(amount, 2);
}

/** A number with separators and at most four decimals. */
export function number(value: number, digitsMin: number): string {
  return value.toLocaleString('en-US', {
    minimumFractionDigits: digitsMin,
    maximumFractionDigits: 4,
  });
}

/** An instant in UTC and how far it is from now. */
export function instantText(at: number | null, now: number): string {
  if (at === null) return '-';
  const text = new Date(at)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z');
  const distance = duration(Math.abs(at - now));
  return `${text} (${at >= now ? `in ${distance}` : `${distance} ago`})`;
}

/** A length of time in one unit. */
export function duration(ms: number): string {
  if (ms < 120_000) return `${String(Math.round(ms / 1_000))} s`;
  if (ms < 7_200_000) return `${String(Math.round(ms / 60_000))} min`;
  if (ms < 172_800_000) return `${String(Math.round(ms / 3_600_000))} h`;
  return `${String(Math.round(ms / 86_400_000))} days`;
}
