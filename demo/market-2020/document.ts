import { dollars } from '../expectations.ts';
import type { Style } from './book.ts';
import { STYLES } from './book.ts';
import { DAY_MS } from './pace.ts';
import { countText, moveText, thousands, worstDay } from './report.ts';
import type { AccountResult, DayResult, MarketResult } from './result.ts';

/** docs/market-2020.md: the result of one run as a page. */
export function marketDocument(result: MarketResult): string {
  return [introduction(result), dayByDay(result), byKind(result), soldOut(result), CHECKED].join(
    '\n\n',
  );
}

function introduction({ days, accounts }: MarketResult): string {
  const [first, last] = [days[0], days.at(-1)];
  const took = days.map(({ tookMs }) => tookMs);
  return `# A real market: February and March 2020

From ${first?.date ?? ''} to ${last?.date ?? ''} the S&P 500 lost a third. The last story of \`npm run demo\` plays those
${String(days.length)} closes through the whole product: REST, Kafka, margin engine, signaller, one Temporal case for
each account in trouble, paper venue, and back.

Time is compressed, to at least ${seconds(DAY_MS)} s a trading day: at that pace a call of preset \`demo\` is due after four
days, and liquidation begins two days after close-only. A day ends when its work is done: in this run after
${seconds(median(took))} s (median), ${seconds(mean(took))} s (mean), ${seconds(Math.max(...took))} s (longest). On the longest days calls can fall due and be sold out
on the day itself, and the last day goes on until no step is outstanding. Liquidation is released
automatically, two scripted persons release the brake as soon as they see it on, and the paper venue fills
at the last price: a real desk is slower, a real market fills worse, and the losses are larger.

The index is real: npm \`vega-datasets\`, \`sp500-2000.csv\`. The book is made up, from a fixed seed:
${String(accounts.length)} accounts of five kinds, symbols with betas from −0.5 to 2.5 that move by beta × index and up to
1.2 % a day of their own, and customers of whom a third pays in time.

![The S&P 500, the accounts on each rung, and the money lost](pictures/market-2020.svg)`;
}

function dayByDay(result: MarketResult): string {
  const { days, accounts } = result;
  const unsecured = accounts.filter((each) => each.unsecured > 0);
  const worst = worstDay(result);
  return `## Day by day

Steps taken on each day, what customers gained or lost in thousands of dollars, and what they would still
owe if all was sold at that close: the firm's money.

${table(
  [
    'date',
    'S&P 500',
    'move',
    'warned',
    'called',
    'restricted',
    'liquidated',
    'met',
    'customers',
    'unsecured',
  ],
  days.map((day, at) => [
    day.date,
    day.index.toFixed(2),
    moveText(day, days[at - 1]),
    ...[day.warned, day.called, day.restricted, day.liquidated, day.met].map(countText),
    thousands(day.customers),
    thousands(day.unsecured),
  ]),
)}

- Customers: ${dollars(sum(accounts, ({ gain }) => gain))} in all.
- The firm: ${dollars(sum(unsecured, (each) => each.unsecured))} that ${accountsOwe(unsecured.length)} and cannot pay.
- Its worst day: ${worst.date}, ${dollars(-worst.loss)}.`;
}

function byKind({ accounts }: MarketResult): string {
  return `## By kind of account

${table(
  ['kind', 'accounts', 'leverage', 'called', 'liquidated', 'gain', 'paid in', 'unsecured'],
  STYLES.map((style) => kindRow(style, accounts)),
)}`;
}

function soldOut({ days, accounts }: MarketResult): string {
  const sold = accounts.filter(({ liquidatedOn }) => liquidatedOn !== null);
  const [calls, liquidations] = [total(days, 'called'), total(days, 'liquidated')];
  const atOnce = sold.filter(({ calledOn, liquidatedOn }) => calledOn === liquidatedOn);
  return `## Whom the firm sold out

${String(sold.length)} accounts. The table by day has ${String(calls)} calls and ${String(liquidations)} liquidations, because an account can be called again;
here stand the first of each. Sold on the day of their first call: ${String(atOnce.length)}.

${table(
  [
    'account',
    'kind',
    'leverage',
    'first called',
    'first sold',
    'sold',
    'gain',
    'paid in',
    'unsecured',
  ],
  sold
    .toSorted((a, b) => b.liquidated - a.liquidated)
    .map((each) => [
      each.accountId,
      each.style,
      `${each.leverage.toFixed(2)}×`,
      each.calledOn ?? '—',
      each.liquidatedOn ?? '—',
      thousands(each.liquidated),
      thousands(each.gain),
      thousands(each.paidIn),
      thousands(each.unsecured),
    ]),
)}`;
}

const CHECKED = `## What is checked

The story fails unless all of this holds; none of it asks the product's own code.

- Every published version of every account's figures is recomputed in exact rationals
  (\`test/margin-oracle.ts\`) from the fills and cash that it says it includes and the closes.
- What is left of every account at the end is added up from executions, payments and closes.
- On which day each account is first warned and first called is worked out from the closes before anything
  is played; only hedged accounts that look worse half-way through a day than at its end are left out.
- At the end of each day every account is valued at the close, and whoever is deficient has a call. After
  the last day no step is outstanding: whoever is past due is close-only, whoever's grace is over is being
  liquidated, every liquidation has ended.
- No call without a deficiency, nothing before its instant, each step of an episode once, close-only lifted
  with each call that is met, nothing sold beyond zero or bought again.

Steps that depend on time may fall on another day on a busier machine; the figures of each day may then
differ a little from these. This page and its picture are one run:

\`\`\`sh
npx sentinel demo --exit --market-result docs/market-2020.json
node bin/bootstrap.mjs demo/document-market.ts
\`\`\`
`;

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function mean(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}

function total(days: readonly DayResult[], step: 'called' | 'liquidated'): number {
  return days.reduce((sum, day) => sum + day[step], 0);
}

function accountsOwe(count: number): string {
  return count === 1 ? '1 account owes' : `${String(count)} accounts owe`;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}

function kindRow(style: Style, accounts: readonly AccountResult[]): string[] {
  const those = accounts.filter((each) => each.style === style);
  const leverage = those.map((each) => each.leverage);
  return [
    style,
    String(those.length),
    `${Math.min(...leverage).toFixed(1)}–${Math.max(...leverage).toFixed(1)}×`,
    countText(those.filter(({ calledOn }) => calledOn !== null).length),
    countText(those.filter(({ liquidatedOn }) => liquidatedOn !== null).length),
    thousands(sum(those, ({ gain }) => gain)),
    thousands(sum(those, ({ paidIn }) => paidIn)),
    thousands(sum(those, ({ unsecured }) => unsecured)),
  ];
}

/** A table of Markdown, padded as the formatter wants it: text to the left, figures to the right. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, at) =>
    Math.max(title.length, ...rows.map((row) => row[at]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const pad = (row: readonly string[]): string =>
    line(
      widths.map(
        (width, at) => (at === 0 ? row[at]?.padEnd(width) : row[at]?.padStart(width)) ?? '',
      ),
    );
  const rule = line(
    widths.map((width, at) => (at === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)),
  );
  return [pad(head), rule, ...rows.map(pad)].join('\n');
}

function sum(accounts: readonly AccountResult[], of: (account: AccountResult) => number): number {
  return Math.round(accounts.reduce((total, each) => total + of(each), 0) * 100) / 100;
}
