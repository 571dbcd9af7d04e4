import { METRICS } from './metric-catalogue.ts';
import type { MetricDefinition } from './metric-definition.ts';

/** The names of the catalogue by their type, so that a process cannot register another. */

export type MetricName = keyof typeof METRICS;

type NamesOf<Type extends MetricDefinition['type']> = {
  [Name in MetricName]: (typeof METRICS)[Name]['type'] extends Type ? Name : never;
}[MetricName];

export type CounterName = NamesOf<'counter'>;
export type GaugeName = NamesOf<'gauge'>;
export type HistogramName = NamesOf<'histogram'>;

/** The labels of a metric, each with its value. */
export type LabelsOf<Name extends MetricName> = Readonly<
  Record<(typeof METRICS)[Name]['labels'][number], string>
>;

/** The definition of a metric, by its name. */
export function metricDefinition(name: MetricName): MetricDefinition {
  return METRICS[name];
}
