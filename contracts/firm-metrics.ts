import type { MetricDefinition } from './metric-definition.ts';

/** What is measured of what the firm holds, and of the liquidation brake (DESIGN 17). */
export const FIRM_METRICS = {
  sentinel_enforcement_holds: {
    type: 'gauge',
    help: 'Holds of the whole firm: GLOBAL, LIQUIDATIONS, symbols',
    unit: 'holds',
    labels: [],
    processes: ['worker'],
    hint: 'Above 0 something waits for two persons: sentinel enforcement show. -1: a record is not readable, nothing escalates.',
  },
  sentinel_liquidation_brake: {
    type: 'gauge',
    help: '1 while no liquidation starts without two persons, by the brake or by a person; else 0',
    unit: 'holds',
    labels: [],
    processes: ['worker'],
    hint: '1: find out why so many at once, then sentinel enforcement resume LIQUIDATIONS.',
  },
  sentinel_liquidation_starts_total: {
    type: 'counter',
    help: 'Answers of the liquidation brake: granted, braked (a case asks again and again) or failed',
    unit: 'events',
    labels: ['outcome'],
    processes: ['worker'],
    hint: 'outcome="failed" rises: Temporal does not answer in 4 s, and no liquidation starts.',
  },
} as const satisfies Record<string, MetricDefinition>;
