import type { MetricLabelName } from './metric-labels.ts';

/** The processes that measure; the names of stack/product-processes.ts. */
export const PROCESS_NAMES = [
  'api',
  'margin-engine',
  'case-signaller',
  'worker',
  'order-gate',
  'venue-adapter',
  'order-monitor',
  'state-index',
  'notifier',
  'kill-signaller',
  'control-projector',
] as const;
export type ProcessName = (typeof PROCESS_NAMES)[number];

/** Those that read topics as a group, or follow them. */
export const CONSUMERS = [
  'margin-engine',
  'case-signaller',
  'worker',
  'order-gate',
  'venue-adapter',
  'order-monitor',
  'state-index',
  'notifier',
  'kill-signaller',
  'control-projector',
] as const;
/** Those that own partitions and write as their owner. */
export const OWNERS = [
  'margin-engine',
  'case-signaller',
  'order-gate',
  'venue-adapter',
  'order-monitor',
  'notifier',
  'control-projector',
] as const;

/** One metric: all that registering, documenting, drawing and alerting on it needs. */
export interface MetricDefinition {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  /** What one of it is; base units, as Prometheus has them. */
  readonly unit:
    'seconds' | 'records' | 'accounts' | 'cases' | 'holds' | 'dollars' | 'partitions' | 'events';
  readonly labels: readonly MetricLabelName[];
  readonly processes: readonly ProcessName[];
  /** Upper bounds of a histogram, in the unit. */
  readonly buckets?: readonly number[];
  /** When to look at it, and what it means then: for the person who is on call. */
  readonly hint: string;
}
