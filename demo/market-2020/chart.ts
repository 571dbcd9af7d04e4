import * as vega from 'vega';
import * as vegaLite from 'vega-lite';
import type { TopLevelSpec } from 'vega-lite';
import type { DayResult, MarketResult } from './result.ts';

/** The rungs from the mildest to the worst, in the colours of a fire. */
const RUNGS = [
  { rung: 'WARNING', title: 'warning', colour: '#f6d55c' },
  { rung: 'MARGIN_CALL', title: 'margin call', colour: '#f39c3d' },
  { rung: 'RESTRICTED', title: 'close-only', colour: '#e4572e' },
  { rung: 'LIQUIDATING', title: 'liquidating', colour: '#a4243b' },
  { rung: 'UNSECURED_DEFICIT', title: 'unsecured deficit', colour: '#3b1c32' },
] as const;
const WIDTH = 820;
const INK = '#33415c';

/** What a panel of the chart needs of a specification. */
type Panel = Extract<TopLevelSpec, { vconcat: unknown }>['vconcat'][number];

/** Four panels over the same days: the index, the accounts on each rung, two of money. Returns SVG. */
export async function marketChart({ days }: MarketResult): Promise<string> {
  const customers = days.map((_, at) =>
    days.slice(0, at + 1).reduce((sum, day) => sum - day.customers / 1e6, 0),
  );
  const panels = [
    line(
      'S&P 500 at the close',
      days.map(({ date, index }) => ({ date, value: index })),
    ),
    rungs(days),
    bars(
      "Customers' losses since 19 February, million dollars",
      days.map(({ date }, at) => ({ date, value: customers[at] ?? 0 })),
      '#8d99ae',
    ),
    bars(
      "Unsecured: the firm's money, thousand dollars",
      days.map(({ date, unsecured }) => ({ date, value: unsecured / 1e3 })),
      '#3b1c32',
      DAYS.axis,
    ),
  ];
  const spec: TopLevelSpec = {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    background: 'white',
    padding: 12,
    config: {
      font: 'Helvetica, Arial, sans-serif',
      axis: { labelColor: INK, titleColor: INK, gridColor: '#e6e9f0', domainColor: '#c3c9d6' },
      title: { color: INK, anchor: 'start', fontSize: 13 },
      legend: { labelColor: INK, titleColor: INK },
      view: { stroke: null },
    },
    spacing: 14,
    resolve: { scale: { color: 'independent' }, legend: { color: 'independent' } },
    vconcat: panels,
  };
  const view = new vega.View(vega.parse(vegaLite.compile(spec).spec), { renderer: 'none' });
  try {
    return `${await view.toSVG()}\n`;
  } finally {
    view.finalize();
  }
}

interface DayValue {
  readonly date: string;
  readonly value: number;
}

const DAYS = {
  field: 'date',
  type: 'ordinal',
  axis: { title: null, labelAngle: -45, labelFontSize: 9 },
} as const;

function line(title: string, values: readonly DayValue[]): Panel {
  return {
    title,
    width: WIDTH,
    height: 130,
    data: { values: [...values] },
    mark: { type: 'line', point: true, color: INK, strokeWidth: 2 },
    encoding: {
      x: { ...DAYS, axis: null },
      y: { field: 'value', type: 'quantitative', scale: { zero: false }, title: null },
    },
  };
}

function bars(
  title: string,
  values: readonly DayValue[],
  color: string,
  axis: typeof DAYS.axis | null = null,
): Panel {
  return {
    title,
    width: WIDTH,
    height: 110,
    data: { values: [...values] },
    mark: { type: 'bar', color },
    encoding: { x: { ...DAYS, axis }, y: { field: 'value', type: 'quantitative', title: null } },
  };
}

/** The accounts on each rung, the worst on top. */
function rungs(days: readonly DayResult[]): Panel {
  const values = days.flatMap(({ date, rungs: standing }) =>
    RUNGS.map(({ rung, title }, order) => ({ date, rung: title, order, value: standing[rung] })),
  );
  const domain = RUNGS.map(({ title }) => title);
  const range = RUNGS.map(({ colour }) => colour);
  return {
    title: 'Accounts in trouble at the close, of 200',
    width: WIDTH,
    height: 190,
    data: { values },
    mark: { type: 'bar' },
    encoding: {
      x: { ...DAYS, axis: null },
      y: { field: 'value', type: 'quantitative', title: null },
      order: { field: 'order' },
      color: {
        field: 'rung',
        type: 'nominal',
        title: null,
        legend: { orient: 'top-left', fillColor: '#ffffffcc', padding: 6 },
        scale: { domain, range },
      },
    },
  };
}
