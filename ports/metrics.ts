/** What a part counts and measures. prom-client fits it. Names end in their unit. */
export interface Metrics {
  counter(name: string, help: string, labels?: readonly string[]): Counter;
  gauge(name: string, help: string, labels?: readonly string[]): Gauge;
  /** `buckets` are upper bounds in the unit that the name ends in. */
  histogram(
    name: string,
    help: string,
    labels: readonly string[],
    buckets: readonly number[],
  ): Histogram;
  /** Everything measured so far, as a Prometheus scrape wants it. */
  page(): Promise<MetricsPage>;
}

export type Labels = Readonly<Record<string, string>>;

export interface Counter {
  inc(labels: Labels, by?: number): void;
}

export interface Gauge {
  set(labels: Labels, value: number): void;
}

export interface Histogram {
  observe(labels: Labels, value: number): void;
}

export interface MetricsPage {
  readonly contentType: string;
  readonly body: string;
}
