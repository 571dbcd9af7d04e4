import type { MetricDefinition } from './metric-definition.ts';

/** What is measured on the way of a command to the state of its scope. */
export const CONTROL_METRICS = {
  sentinel_control_signals_total: {
    type: 'counter',
    help: 'Commands and restrictions told to the workflows of scopes, by outcome',
    unit: 'records',
    labels: ['outcome'],
    processes: ['kill-signaller'],
    hint: 'outcome="failed" rises: Temporal is away; kills act at gates all the same, nothing loosens.',
  },
  sentinel_control_states_total: {
    type: 'counter',
    help: 'Versions of scopes that came for killswitch.state.v1; one that is not higher is dropped',
    unit: 'records',
    labels: ['outcome'],
    processes: ['control-projector'],
    hint: 'outcome="dropped" rises in quiet times: two workflows write for one scope.',
  },
} as const satisfies Record<string, MetricDefinition>;
