import { LATENCY } from './metric-buckets.ts';
import type { MetricDefinition } from './metric-definition.ts';

/** The metrics of an order's path: gate, venue, monitor. Part of the catalogue (metric-catalogue.ts). */
export const ORDER_METRICS = {
  sentinel_gate_open: {
    type: 'gauge',
    help: '1 while orders may pass: the lease is acknowledged and the controls are proved fresh',
    unit: 'events',
    labels: [],
    processes: ['order-gate'],
    hint: '0 for more than a second: nothing but cancels passes this gate; see its log.',
  },
  sentinel_gate_decisions_total: {
    type: 'counter',
    help: 'Orders decided, by decision and code',
    unit: 'records',
    labels: ['outcome', 'code'],
    processes: ['order-gate'],
    hint: 'CONTROL_STALE: the controls cannot be proved; KILLED at a rate: somebody trades on against a kill.',
  },
  sentinel_gate_decision_seconds: {
    type: 'histogram',
    help: 'From the broker’s timestamp of an order to the acknowledgement of its decision',
    unit: 'seconds',
    labels: [],
    processes: ['order-gate'],
    buckets: LATENCY,
    hint: 'Above 40 ms p99: the broker is slow, or the gate works off a backlog.',
  },
  sentinel_gate_open_orders: {
    type: 'gauge',
    help: 'Accepted orders that may still execute, with what they reserve',
    unit: 'records',
    labels: [],
    processes: ['order-gate'],
    hint: 'Only rises: the venue does not tell what becomes of orders.',
  },

  sentinel_venue_orders_total: {
    type: 'counter',
    help: 'Orders that came to the venue, by what became of them',
    unit: 'records',
    labels: ['outcome'],
    processes: ['venue-adapter'],
    hint: 'DUPLICATE is harmless; TOO_OLD has its dead letter.',
  },
  sentinel_venue_cancels_total: {
    type: 'counter',
    help: 'Cancels that came to the venue, by what became of them',
    unit: 'records',
    labels: ['outcome'],
    processes: ['venue-adapter'],
    hint: 'TOO_LATE: the order was finished before.',
  },
  sentinel_venue_executions_total: {
    type: 'counter',
    help: 'Executions written, by status',
    unit: 'records',
    labels: ['status'],
    processes: ['venue-adapter'],
    hint: 'EXPIRED: no fresh price came while the order was valid.',
  },
  sentinel_venue_working_orders: {
    type: 'gauge',
    help: 'Orders that wait for a fresh price',
    unit: 'records',
    labels: ['partition'],
    processes: ['venue-adapter'],
    hint: 'Above 0 for long: the price feed is down while accounts are being liquidated.',
  },

  sentinel_monitor_breaches_total: {
    type: 'counter',
    help: 'Breaches of the flow of orders that have begun, by what they led to',
    unit: 'events',
    labels: ['action'],
    processes: ['order-monitor'],
    hint: 'KILL: an account is stopped; a person finds out why and resumes it.',
  },
} as const satisfies Record<string, MetricDefinition>;
