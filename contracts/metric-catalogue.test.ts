import { describe, expect, test } from '@jest/globals';
import { METRICS } from './metric-catalogue.ts';
import type { MetricDefinition } from './metric-definition.ts';
import { METRIC_LABELS } from './metric-labels.ts';

/** What every metric must keep to, so that it can be read and does not grow with the book. */

const CATALOGUE = Object.entries<MetricDefinition>(METRICS);
/** An account, an order or a symbol as a label would make a time series of each. */
const UNBOUNDED = /account|order|symbol|correlation|workflow|run_id|user|subject/;

describe('the catalogue of metrics', () => {
  test.each(CATALOGUE)('%s is named for what it counts', (name, { type, unit }) => {
    expect(name).toMatch(/^sentinel_[a-z_]+$/);
    expect(name.endsWith('_total')).toBe(type === 'counter');
    if (type === 'histogram') expect(name.endsWith(`_${unit}`)).toBe(true);
  });

  test.each(CATALOGUE)('%s says what it is and when to look', (_name, { help, hint }) => {
    expect(help).toMatch(/^\S.*[^.\s]$/);
    expect(hint).toMatch(/^\S.*\.$/);
  });

  test.each(CATALOGUE)('%s has rising buckets exactly when it is a histogram', (_name, metric) => {
    expect(metric.buckets !== undefined).toBe(metric.type === 'histogram');
    const buckets = [...(metric.buckets ?? [])];
    expect(buckets).toEqual(buckets.toSorted((a, b) => a - b));
  });

  test('no label has a value for each account, order or symbol', () => {
    expect(Object.keys(METRIC_LABELS).filter((label) => UNBOUNDED.test(label))).toEqual([]);
  });

  test('every label that is described is used', () => {
    const used = new Set(CATALOGUE.flatMap(([, { labels }]) => labels));
    expect([...used].sort()).toEqual(Object.keys(METRIC_LABELS).sort());
  });
});
