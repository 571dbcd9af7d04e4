import path from 'node:path';
import * as vega from 'vega';
import * as vegaLite from 'vega-lite';
import type { TopLevelSpec } from 'vega-lite';
import { z } from 'zod';
import { PANEL_ROWS } from '../deploy/panels.ts';
import type { Panel } from '../deploy/panels.ts';
import { openBrowser } from './browser.ts';

/**
 * Draws docs/pictures/dashboard.png: every panel of the dashboard with what a Prometheus that scrapes
 * the product has seen of it. For machines on which no Grafana runs; Grafana shows the same panels.
 *   node bin/bootstrap.mjs demo/draw-dashboard.ts <Prometheus> <minutes>
 */
const [prometheus, minutesText] = process.argv.slice(2);
const minutes = Number(minutesText);
if (prometheus === undefined || !(minutes > 0)) {
  process.stderr.write(
    'usage: demo/draw-dashboard.ts <Prometheus, such as http://127.0.0.1:9090> <minutes>\n',
  );
  process.exit(2);
}

const FILE = path.join(import.meta.dirname, '..', 'docs', 'pictures', 'dashboard.png');
/** Grafana's $__rate_interval at a scrape interval of 5 s. */
const RATE_INTERVAL = '20s';
const STEP_S = 5;
const PANEL_WIDTH = 460;
const PANEL_HEIGHT = 170;
const INK = '#33415c';
/** More series than that make a legend and no picture. */
const SERIES_MAX = 12;
const FORMATS: Readonly<Record<string, string>> = {
  bytes: '.2s',
  currencyUSD: '$,.2s',
  percentunit: '.0%',
};

const answerSchema = z.object({
  data: z.object({
    result: z.array(
      z.object({
        metric: z.record(z.string(), z.string()),
        values: z.array(z.tuple([z.number(), z.string()])),
      }),
    ),
  }),
});

interface Point {
  readonly at: number;
  readonly series: string;
  readonly value: number;
}

const end = Date.now() / 1_000;
const start = end - minutes * 60;

async function pointsOf(panel: Panel): Promise<Point[]> {
  const query = panel.expr.replaceAll('$__rate_interval', RATE_INTERVAL);
  const range = { query, start: String(start), end: String(end), step: String(STEP_S) };
  const answer = await fetch(
    `${prometheus ?? ''}/api/v1/query_range?${new URLSearchParams(range).toString()}`,
  );
  if (!answer.ok) throw new Error(`${panel.title}: ${await answer.text()}`);
  const { data } = answerSchema.parse(await answer.json());
  return data.result.slice(0, SERIES_MAX).flatMap(({ metric, values }) => {
    const series = panel.legend.replaceAll(/{{(\w+)}}/g, (_, label: string) => metric[label] ?? '');
    // A quantile of nothing is NaN.
    return values
      .map(([at, value]) => ({ at: at * 1_000, series, value: Number(value) }))
      .filter(({ value }) => Number.isFinite(value));
  });
}

async function drawing(panel: Panel, points: readonly Point[]): Promise<string> {
  const format = FORMATS[panel.unit];
  const spec: TopLevelSpec = {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    width: PANEL_WIDTH - 90,
    height: PANEL_HEIGHT,
    config: {
      font: 'Helvetica, Arial, sans-serif',
      axis: { labelColor: INK, gridColor: '#e6e9f0', domainColor: '#c3c9d6' },
      legend: { labelColor: INK, columns: 3, labelLimit: 140 },
      view: { stroke: null },
    },
    data: { values: points.map((point) => ({ ...point })) },
    mark: { type: 'line', strokeWidth: 1.5, interpolate: 'step-after' },
    encoding: {
      x: {
        field: 'at',
        type: 'temporal',
        title: null,
        axis: { format: '%H:%M', tickCount: 6 },
        scale: { domain: [start * 1_000, end * 1_000], type: 'utc' },
      },
      y: {
        field: 'value',
        type: 'quantitative',
        title: null,
        axis: { tickCount: 4, ...(format === undefined ? {} : { format }) },
        scale: { domainMin: 0 },
      },
      color: {
        field: 'series',
        type: 'nominal',
        scale: { scheme: 'tableau10' },
        legend: { orient: 'bottom', title: null },
      },
    },
  };
  const view = new vega.View(vega.parse(vegaLite.compile(spec).spec), { renderer: 'none' });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

async function panelHtml(panel: Panel): Promise<string> {
  const points = await pointsOf(panel);
  const inside = points.length === 0 ? '<p class="none">No data</p>' : await drawing(panel, points);
  return `<section><h3>${escaped(panel.title)} <small>${escaped(panel.unit)}</small></h3>${inside}</section>`;
}

const rows: string[] = [];
for (const { question, panels } of PANEL_ROWS) {
  const drawn = await Promise.all(panels.map(panelHtml));
  rows.push(`<h2>${escaped(question)}</h2><div>${drawn.join('')}</div>`);
}
const html = `<!doctype html><meta charset="utf-8"><style>
  body { font: 14px Helvetica, Arial, sans-serif; color: ${INK}; background: #f4f6fa; margin: 16px; width: 1460px; }
  h1 { font-size: 20px } h2 { font-size: 15px; margin: 18px 0 6px } h3 { font-size: 13px; margin: 0 0 4px }
  small { font-weight: normal; color: #8d99ae } .none { color: #8d99ae; text-align: center; padding-top: 70px }
  div { display: grid; grid-template-columns: repeat(3, 1fr); gap: 10px }
  section { background: white; border: 1px solid #dfe3ec; border-radius: 4px; padding: 8px; min-height: 200px }
  </style><h1>Margin Sentinel</h1>${rows.join('')}`;

const browser = await openBrowser();
try {
  const page = await browser.newPage();
  await page.setViewportSize({ width: 1_500, height: 900 });
  await page.setContent(html);
  await page.screenshot({ path: FILE, fullPage: true });
  process.stdout.write(`${FILE}\n`);
} finally {
  await browser.close();
}
