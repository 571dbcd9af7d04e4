import { controlCommandSchema } from '#contracts/control-commands.ts';
import { controlStateSchema } from '#contracts/control-states.ts';
import { decodeRecord } from '#contracts/decode-record.ts';
import { decodeScope } from '#contracts/scopes.ts';
import { decodeGatedOrder, gatedOrderSchema } from '#contracts/gated-orders.ts';
import type { MonitoredThreshold } from '#contracts/order-monitor-policy.ts';
import { encodeRiskSignals } from '#contracts/risk-signals.ts';
import { TOPICS } from '#contracts/topics.ts';
import { Ownership } from '#domain/gate/ownership.ts';
import { E4, mulDivUp } from '#domain/money.ts';
import { OrderMonitor } from '#domain/monitor/order-monitor.ts';
import type { Breach } from '#domain/monitor/order-monitor.ts';
import { parseScope, scopeName } from '#domain/scopes.ts';
import type { Clock } from '#ports/clock.ts';
import type { Logger } from '#ports/logger.ts';
import type { FencedWriter } from '#ports/partition-owner.ts';
import type { InboundRecord, OutboundRecord } from '#ports/records.ts';
import { breachRecords } from './breach-records.ts';
import type { MonitorMetrics } from './monitor-metrics.ts';

const GATED = TOPICS.gatedOrders.name;
const COMMANDS = TOPICS.controlCommands.name;
const STATES = TOPICS.controlState.name;

/** What a session reads first: what was commanded and resumed before. */
export const CONTROL_TOPICS = [STATES, COMMANDS] as const;
/** And then: the orders as the gate decided on them. */
export const ORDER_TOPICS = [GATED] as const;

/** A scope's signals go out at most so often, unless a breach begins. */
const SIGNALS_MS = 1_000;
const FORGET_IDLE_MS = 60_000;
/** Remembered commands, oldest first out. */
const COMMANDS_MAX = 100_000;

export interface MonitorSurroundings {
  readonly thresholds: readonly MonitoredThreshold[];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: MonitorMetrics;
  /** A defect: the process should end. */
  readonly onFatal: (error: unknown) => void;
}

/**
 * The watch over the flow of orders while this process is the one that watches (DESIGN 22). Until it is
 * told that it has caught up it only remembers; from then on it says what its windows hold, and commands
 * once for each breach. What was commanded before is on killswitch.commands.v1: it is not said again.
 */
export class MonitorSession {
  readonly #surroundings: MonitorSurroundings;
  readonly #monitor: OrderMonitor;
  readonly #owners = new Map<number, Ownership>();
  readonly #commanded = new Set<string>();
  /** Scope → when it was last loosened, ms. As large as the scopes ever loosened. */
  readonly #loosenedAt = new Map<string, number>();
  /** Begun while catching up: said then, unless somebody has said it before. */
  #begun: {
    readonly id: string;
    readonly records: readonly OutboundRecord[];
    readonly scope: string;
  }[] = [];
  readonly #touched = new Set<string>();
  #writer: FencedWriter | undefined;
  readonly #outbox: OutboundRecord[] = [];
  #isWriting = false;
  #timers: NodeJS.Timeout[] = [];
  #ended = false;

  constructor(surroundings: MonitorSurroundings) {
    this.#surroundings = surroundings;
    this.#monitor = new OrderMonitor(surroundings);
  }

  /** Takes records of one partition in order. */
  take(records: readonly InboundRecord[]): void {
    for (const record of records) {
      switch (record.topic) {
        case GATED:
          this.#takeDecision(record);
          break;
        case STATES:
          this.#takeState(record);
          break;
        case COMMANDS:
          this.#takeCommand(record);
          break;
      }
    }
    this.#tell();
  }

  /** What was there has been read: from now on it speaks, with the fenced writer of its ownership. */
  speak(writer: FencedWriter): void {
    this.#writer = writer;
    this.#timers = [
      setInterval(() => this.#signal(), SIGNALS_MS),
      setInterval(() => this.#monitor.forgetIdle(this.#surroundings.clock.now()), FORGET_IDLE_MS),
    ];
    this.#tell();
  }

  end(): void {
    this.#ended = true;
    for (const timer of this.#timers) clearInterval(timer);
  }

  /** Refused orders count for the rate, not for the notional; cancels do not count (RULES). */
  #takeDecision(record: InboundRecord): void {
    const decoded = decodeRecord(gatedOrderSchema, record.value, null);
    if (!decoded.ok) {
      this.#unreadable(record, decoded.refusal.code, decoded.refusal.reason);
      return;
    }
    const told = decoded.record;
    const ownership = this.#owners.get(record.partition) ?? new Ownership();
    this.#owners.set(record.partition, ownership);
    if (told.kind === 'OWNER') {
      ownership.marker(record.offset);
      return;
    }
    const order = decodeGatedOrder(told);
    if (order === null || order.liquidation || !ownership.isValid(told.epoch, record.offset))
      return;
    const passed = told.decision === 'ALLOW';
    const breaches = this.#monitor.observe({
      // The gate's own instant: a forged ts would move an order out of its window.
      ts: told.ts,
      accountId: order.accountId,
      strategy: order.strategy,
      symbol: order.symbol,
      notionalE4: passed ? mulDivUp(order.qtyE4, order.priceE4, E4) : 0,
    });
    for (const scope of [`ACCOUNT:${order.accountId}`, `STRATEGY:${order.strategy}`, 'GLOBAL']) {
      this.#touched.add(scope);
    }
    for (const breach of breaches) this.#begin(breach, told.event_id);
  }

  #begin(breach: Breach, beganWith: string): void {
    const { thresholds, clock, metrics, logger } = this.#surroundings;
    const threshold = thresholds.find(
      ({ scopeKind, metric }) => scopeKind === breach.scope.kind && metric === breach.metric,
    );
    const scope = scopeName(breach.scope);
    const rate = threshold?.maxRatePerSecond ?? null;
    this.#begun.push({ scope, ...breachRecords(breach, rate, beganWith, clock.now()) });
    if (this.#writer === undefined) return;
    metrics.breaches.inc({ action: breach.action });
    const { metric, value, action } = breach;
    logger.warn(
      { event: 'breach', scope, metric, value, action },
      'the flow of orders is in breach',
    );
  }

  /** A scope that somebody has let go, wholly or in part, begins anew. */
  #takeState(record: InboundRecord): void {
    const decoded = decodeRecord(controlStateSchema, record.value, null);
    if (!decoded.ok) {
      this.#unreadable(record, decoded.refusal.code, decoded.refusal.reason);
      return;
    }
    const { scope, loosened_at: loosenedAt } = decoded.record;
    if (loosenedAt === null || loosenedAt === this.#loosenedAt.get(scope)) return;
    this.#loosenedAt.set(scope, loosenedAt);
    this.#monitor.restart(decodeScope(scope), loosenedAt);
  }

  #takeCommand(record: InboundRecord): void {
    const decoded = decodeRecord(controlCommandSchema, record.value, null);
    if (!decoded.ok) return; // its dead letter is the business of those who obey
    if (this.#commanded.size >= COMMANDS_MAX) {
      for (const oldest of this.#commanded) {
        this.#commanded.delete(oldest);
        break;
      }
    }
    this.#commanded.add(decoded.record.cmd_id);
  }

  /** Breaches that have begun, at once, with the signals of their scopes. */
  #tell(): void {
    if (this.#writer === undefined || this.#begun.length === 0) return;
    const begun = this.#begun.filter(({ id }) => !this.#commanded.has(id));
    this.#begun = [];
    for (const { id } of begun) this.#commanded.add(id);
    const scopes = [...new Set(begun.map(({ scope }) => scope))];
    for (const scope of scopes) this.#touched.delete(scope);
    this.#write([...begun.flatMap(({ records }) => records), ...this.#signalsOf(scopes)]);
  }

  /** What the windows of those hold that had an order since the last time. */
  #signal(): void {
    const scopes = [...this.#touched];
    this.#touched.clear();
    this.#write(this.#signalsOf(scopes));
  }

  #signalsOf(scopes: readonly string[]): OutboundRecord[] {
    const now = this.#surroundings.clock.now();
    return scopes.flatMap((name) => {
      const scope = parseScope(name);
      const record =
        scope === undefined ? null : encodeRiskSignals(this.#monitor.signalsOf(scope, now), now);
      return record === null
        ? []
        : [{ topic: TOPICS.riskSignals.name, key: name, value: JSON.stringify(record) }];
    });
  }

  #write(records: readonly OutboundRecord[]): void {
    if (this.#writer === undefined || this.#ended) return;
    this.#outbox.push(...records);
    if (!this.#isWriting) void this.#writeOn(this.#writer);
  }

  /** What comes while a transaction is under way goes with the next: on a slow broker none queue up. */
  async #writeOn(writer: FencedWriter): Promise<void> {
    this.#isWriting = true;
    try {
      while (this.#outbox.length > 0 && !this.#ended) {
        const records = this.#outbox.splice(0);
        await writer.transact((send) => send(records), []);
      }
    } catch (error) {
      // A failed transaction has been told to the owner: the next one reads the orders again.
      if (!this.#ended) this.#surroundings.onFatal(error);
    } finally {
      this.#isWriting = false;
    }
  }

  #unreadable({ topic, partition, offset }: InboundRecord, code: string, reason: string): void {
    this.#surroundings.metrics.unreadable.inc({ topic, code });
    this.#surroundings.logger.error(
      { event: 'unreadable', topic, partition, offset, code, reason },
      'a record that cannot be read is not counted',
    );
  }
}
