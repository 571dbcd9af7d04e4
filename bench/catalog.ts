import type { Benchmark } from './benchmark.ts';
import { emptyCase } from './suite/empty-case.ts';
import { fillLatency } from './suite/fill-latency.ts';
import { gateDecision } from './suite/gate-decision.ts';
import { intake } from './suite/intake.ts';
import { killSwitch } from './suite/kill-switch.ts';
import { marginCalls } from './suite/margin-calls.ts';
import { orderFaults } from './suite/order-faults.ts';
import { orderLatency } from './suite/order-latency.ts';
import { priceLatency } from './suite/price-latency.ts';
import { restart } from './suite/restart.ts';
import { revaluation } from './suite/revaluation.ts';

/** All benchmarks, in the order in which they run. */
export const BENCHMARKS: readonly Benchmark[] = [
  revaluation,
  gateDecision,
  intake,
  fillLatency,
  priceLatency,
  emptyCase,
  marginCalls,
  orderLatency,
  killSwitch,
  orderFaults,
  restart,
];
