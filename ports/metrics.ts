import type { CounterName, GaugeName, HistogramName, LabelsOf } from '#contracts/metric-names.ts';

/**
 * What a part counts and measures. Names, help, labels and buckets stand in
 * contracts/metric-names.ts; a part asks for its metrics by name. Asking twice gives the same one.
 */
export interface Metrics {
  counter<Name extends CounterName>(name: Name): Counter<LabelsOf<Name>>;
  /** `onScrape` is called before each scrape: for what is cheaper to ask for than to keep. */
  gauge<Name extends GaugeName>(
    name: Name,
    onScrape?: (gauge: Gauge<LabelsOf<Name>>) => void,
  ): Gauge<LabelsOf<Name>>;
  histogram<Name extends HistogramName>(name: Name): Histogram<LabelsOf<Name>>;
  /** Everything measured so far, as a Prometheus scrape wants it. */
  page(): Promise<MetricsPage>;
}

type Labels = Readonly<Record<string, string>>;

export interface Counter<Of extends Labels = Labels> {
  inc(labels: Of, by?: number): void;
}

export interface Gauge<Of extends Labels = Labels> {
  set(labels: Of, value: number): void;
  /** The series with these labels is no longer this process's to tell. */
  remove(labels: Of): void;
}

export interface Histogram<Of extends Labels = Labels> {
  observe(labels: Of, value: number): void;
}

export interface MetricsPage {
  readonly contentType: string;
  readonly body: string;
}
