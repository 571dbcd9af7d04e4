import { describe, expect, test } from '@jest/globals';
import { METRICS } from '#contracts/metric-catalogue.ts';
import type { MetricDefinition } from '#contracts/metric-definition.ts';
import { NODE_METRICS } from '#contracts/node-metrics.ts';
import { ALERTS } from './alerts.ts';
import { PANEL_ROWS } from './panels.ts';

/** What is drawn and alerted on is measured: by these names, with these labels. */

const SERIES = new Map<string, readonly string[]>();
for (const [name, { type, labels }] of Object.entries<MetricDefinition>(METRICS)) {
  if (type !== 'histogram') SERIES.set(name, labels);
  else {
    SERIES.set(`${name}_bucket`, [...labels, 'le']);
    SERIES.set(`${name}_count`, labels);
    SERIES.set(`${name}_sum`, labels);
  }
}
for (const name of Object.keys(NODE_METRICS)) SERIES.set(name, []);
SERIES.set('up', []);

const PANELS = PANEL_ROWS.flatMap(({ panels }) => panels);
const EXPRESSIONS = [
  ...PANELS.map(({ title, expr }) => [title, expr] as const),
  ...ALERTS.map(({ name, expr }) => [name, expr] as const),
];

describe('an expression', () => {
  test.each(EXPRESSIONS)('%s asks for catalogued metrics only', (_name, expr) => {
    const names = expr.match(/\b(?:sentinel|process|nodejs)_[a-z0-9_]+|\bup\b/g) ?? [];
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => !SERIES.has(name))).toEqual([]);
  });

  test.each(EXPRESSIONS)('%s groups and selects by labels that its metric has', (_name, expr) => {
    const names = [...SERIES.keys()].filter((name) => new RegExp(`\\b${name}\\b`).test(expr));
    const has = new Set(['part', 'job', ...names.flatMap((name) => SERIES.get(name) ?? [])]);
    const grouped = [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) =>
      list.split(',').map((label) => label.trim()),
    );
    const selected = [...expr.matchAll(/[{,]\s*([a-z_]+)\s*(?:=~|!=|=)/g)].map(
      ([, label = '']) => label,
    );
    expect([...grouped, ...selected].filter((label) => !has.has(label))).toEqual([]);
  });
});

describe('the legend of a panel', () => {
  test.each(PANELS.map((panel) => [panel.title, panel] as const))(
    '%s names labels that the result has',
    (_title, { expr, legend }) => {
      const kept = /\bby \(([^)]*)\)/.exec(expr)?.[1]?.split(',') ?? [];
      const known = kept.map((label) => label.trim());
      const named = [...legend.matchAll(/\{\{(.*?)\}\}/g)].map(([, label = '']) => label);
      expect(named.filter((label) => !known.includes(label))).toEqual([]);
    },
  );
});

describe('an alert', () => {
  test('has a name of its own and says what to do', () => {
    expect(new Set(ALERTS.map(({ name }) => name)).size).toBe(ALERTS.length);
    for (const { action, summary } of ALERTS) expect(action.length * summary.length).not.toBe(0);
  });

  test('exists for what must never happen', () => {
    expect(ALERTS.map(({ expr }) => expr).join('\n')).toContain('sentinel_case_timer_early_total');
  });
});
