import { TOPICS } from '#contracts/topics.ts';
import type { GatePolicy } from '#domain/gate/gate-policy.ts';
import type { Clock } from '#ports/clock.ts';
import type { EndOffsets, LogReader } from '#ports/log-reader.ts';
import type { Logger } from '#ports/logger.ts';
import type { Metrics } from '#ports/metrics.ts';
import type { PartitionGroup } from '#ports/partition-group.ts';
import type { Publisher } from '#ports/publisher.ts';
import type { Readiness } from '#ports/readiness.ts';
import { ControlFollower } from '../order-path/control-follower.ts';
import { LastPrices } from '../order-path/last-prices.ts';
import { LeaseKeeper } from '../order-path/lease-keeper.ts';
import { EnginePulse } from './engine-pulse.ts';
import { GATE_INPUTS, GateLane } from './gate-lane.ts';
import { gateMetrics } from './gate-metrics.ts';
import type { GateMetrics } from './gate-metrics.ts';

/** Prices are read to their end before the first order is decided, within this time. */
const PRICES_TIMEOUT_MS = 60_000;

export interface OrderGateParts {
  /** One run of one process: a restart has another. */
  readonly process: string;
  readonly group: PartitionGroup;
  readonly priceReader: LogReader;
  readonly pulseReader: LogReader;
  readonly controlReader: LogReader;
  readonly ends: EndOffsets;
  /** Where the commands and states of a scope lie. */
  readonly partitionOf: (key: string) => number;
  readonly gated: Publisher;
  readonly evidence: Publisher;
  readonly leases: Publisher;
  readonly partitions: number;
  readonly policy: GatePolicy;
  readonly policyVersion: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** The order gate: stands in front of every order, of each partition that it has (DESIGN 18 – 22). */
export class OrderGate {
  readonly #parts: OrderGateParts;
  readonly #prices = new LastPrices();
  readonly #pulse = new EnginePulse();
  readonly #controls: ControlFollower;
  readonly #lease: LeaseKeeper;
  readonly #metrics: GateMetrics;
  #lanes: readonly GateLane[] = [];

  constructor(parts: OrderGateParts) {
    this.#parts = parts;
    const { clock, logger } = parts;
    const metrics = gateMetrics(parts.metrics, {
      isOpen: () => this.isOpen(),
      openOrders: () => this.#held().reduce((count, lane) => count + lane.openOrders(), 0),
    });
    this.#metrics = metrics;
    this.#controls = new ControlFollower({
      reader: parts.controlReader,
      ends: parts.ends,
      partitionOf: parts.partitionOf,
      clock,
      logger,
      unreadable: metrics.unreadable,
    });
    this.#lease = new LeaseKeeper({
      process: parts.process,
      kind: 'GATE',
      publisher: parts.leases,
      controls: this.#controls,
      ownedPartitions: () =>
        this.#lanes.filter((lane) => lane.knowsItsOrders()).map(({ partition }) => partition),
      cancelsPending: () => [
        ...new Set(this.#held().flatMap((lane) => [...lane.cancelsPending()])),
      ],
      drained: async () => {
        await Promise.all(this.#lanes.map((lane) => lane.drained()));
      },
      validMs: parts.policy.orderValidMs,
      clock,
      logger,
    });
  }

  /** Resolves when it decides orders; it opens when its controls are proved. */
  async start(): Promise<void> {
    const { priceReader, pulseReader, group } = this.#parts;
    await Promise.all([
      priceReader.start([TOPICS.prices.name], (records) => this.#prices.take(records)),
      pulseReader.start([TOPICS.heartbeats.name], (records) => this.#pulse.take(records)),
      this.#controls.start(),
    ]);
    await priceReader.caughtUp(PRICES_TIMEOUT_MS);
    this.#controls.onApplied(() => this.#lease.acknowledge());
    this.#lease.start();
    await group.run(GATE_INPUTS, async (lane) => {
      const { partitions, policy, policyVersion, gated, evidence, clock, logger, process } =
        this.#parts;
      const taken = new GateLane(lane, {
        ...{ process, partitions, policy, policyVersion, gated, evidence, clock, logger },
        controls: this.#controls,
        prices: this.#prices,
        isOpen: (now) => this.#lease.isOpen(now),
        figuresFresh: (partition, now) => this.#pulse.isAlive(partition, now),
        metrics: this.#metrics,
      });
      // What a lane before it still has under way counts until it has come through.
      this.#lanes = [...this.#lanes.filter((one) => one.isHeld() || one.isSending()), taken];
      try {
        await taken.takeOver();
      } catch (error) {
        // Nobody else ends one that was never taken: it must not go on following the controls.
        taken.onRelease();
        throw error;
      }
      return taken;
    });
  }

  isOpen(): boolean {
    return this.#lease.isOpen(this.#parts.clock.now());
  }

  ready(): Readiness {
    return this.isOpen()
      ? { ready: true }
      : { ready: false, reason: 'the controls are not proved fresh: nothing but cancels passes' };
  }

  async stop(): Promise<void> {
    const { group, priceReader, pulseReader } = this.#parts;
    await this.#lease.stop();
    await group.stop();
    await Promise.all([priceReader.stop(), pulseReader.stop(), this.#controls.stop()]);
  }

  #held(): GateLane[] {
    return this.#lanes.filter((lane) => lane.isHeld());
  }
}
