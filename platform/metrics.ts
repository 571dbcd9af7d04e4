import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { metricDefinition } from '#contracts/metric-names.ts';
import type { MetricName } from '#contracts/metric-names.ts';
import type { ProcessName } from '#contracts/metric-definition.ts';
import type { Metrics } from '#ports/metrics.ts';

/**
 * The metrics of one process: those of the catalogue, and Node's own. The label `part` names the
 * process on each. Throws for a metric that the catalogue does not give to this process.
 */
export function createMetrics(part: ProcessName): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ part });
  collectDefaultMetrics({ register: registry });
  const known = new Map<MetricName, unknown>();
  const once = <Metric>(name: MetricName, make: (base: Base) => Metric): Metric => {
    const before = known.get(name);
    // The catalogue gives a name one type only, and so one Metric.
    if (before !== undefined) return before as Metric;
    const made = make(baseOf(part, name, registry));
    known.set(name, made);
    return made;
  };
  return {
    counter: (name) => once(name, (base) => new Counter(base)),
    gauge: (name, onScrape) =>
      once(name, (base) => {
        const gauge: Gauge = new Gauge({ ...base, collect: () => onScrape?.(gauge) });
        return gauge;
      }),
    histogram: (name) =>
      once(
        name,
        (base) => new Histogram({ ...base, buckets: [...(metricDefinition(name).buckets ?? [])] }),
      ),
    page: async () => ({ contentType: registry.contentType, body: await registry.metrics() }),
  };
}

interface Base {
  readonly name: string;
  readonly help: string;
  readonly labelNames: string[];
  readonly registers: Registry[];
}

function baseOf(part: ProcessName, name: MetricName, registry: Registry): Base {
  const { help, labels, processes } = metricDefinition(name);
  if (!processes.includes(part)) {
    throw new Error(`${name} is not a metric of ${part}: see contracts/metric-catalogue.ts`);
  }
  return { name, help, labelNames: [...labels], registers: [registry] };
}
