import { controlCommandSchema } from '#contracts/control-commands.ts';
import type { ControlCommandRecord } from '#contracts/control-commands.ts';
import { controlStateSchema } from '#contracts/control-states.ts';
import type { ControlStateRecord } from '#contracts/control-states.ts';
import { executionSchema } from '#contracts/case-events.ts';
import type { ExecutionRecord } from '#contracts/case-events.ts';
import { gateLeaseSchema } from '#contracts/gate-leases.ts';
import { riskSignalSchema } from '#contracts/risk-signals.ts';
import type { RiskSignalRecord } from '#contracts/risk-signals.ts';
import { TOPICS } from '#contracts/topics.ts';
import type { KafkaSurroundings } from '#platform/kafka/client.ts';
import { createLogReader } from '#platform/kafka/log-reader.ts';
import type { LogReader } from '#ports/log-reader.ts';
import type { InboundRecord } from '#ports/records.ts';
import type { LeaseWord, PlacedCommand } from '#test/effective-at.ts';
import { LEDGER_TOPICS, OrderLedger } from '#test/order-ledger.ts';

const POLL_MS = 20;
/** Longer than anything takes, unless the machine has much other work. */
const PATIENCE_MS = 60_000;

const WATCHED = [
  ...LEDGER_TOPICS,
  TOPICS.controlCommands.name,
  TOPICS.controlState.name,
  TOPICS.gateLeases.name,
  TOPICS.riskSignals.name,
];

/** A state of a scope, and where it lies in killswitch.state.v1. */
export interface PlacedState {
  readonly partition: number;
  readonly offset: number;
  readonly record: ControlStateRecord;
}

/** Reads everything that tells of orders and of what stops them, as any consumer of the topics can. */
export class OrderLog {
  readonly ledger = new OrderLedger();
  readonly commands: (PlacedCommand & { readonly record: ControlCommandRecord })[] = [];
  readonly states: PlacedState[] = [];
  readonly leases: LeaseWord[] = [];
  readonly signals: RiskSignalRecord[] = [];
  readonly executions: ExecutionRecord[] = [];
  readonly #reader: LogReader;
  #failure: Error | undefined;

  constructor(kafka: KafkaSurroundings) {
    this.#reader = createLogReader(kafka, {
      name: 'order-log',
      onFatal: (error) => {
        this.#failure = error;
      },
    });
  }

  async start(): Promise<void> {
    await this.#reader.start(WATCHED, (records) => {
      for (const record of records) this.#take(record);
    });
  }

  stop(): Promise<void> {
    return this.#reader.stop();
  }

  /** What `find` finds as soon as it does; rejects when it does not in time. */
  async until<T>(what: string, find: () => T | undefined): Promise<T> {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure;
      const found = find();
      if (found !== undefined) return found;
      if (Date.now() > deadline) throw new Error(`${what} did not come in time`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  #take(record: InboundRecord): void {
    this.ledger.take(record);
    const { topic, partition, offset, timestamp: at } = record;
    const json = (): unknown => JSON.parse(String(Buffer.from(record.value ?? [])));
    switch (topic) {
      case TOPICS.controlCommands.name:
        this.commands.push({ partition, offset, at, record: controlCommandSchema.parse(json()) });
        break;
      case TOPICS.controlState.name:
        this.states.push({ partition, offset, record: controlStateSchema.parse(json()) });
        break;
      case TOPICS.gateLeases.name:
        this.leases.push({ lease: gateLeaseSchema.parse(json()), at });
        break;
      case TOPICS.riskSignals.name:
        this.signals.push(riskSignalSchema.parse(json()));
        break;
      case TOPICS.executions.name:
        this.executions.push(executionSchema.parse(json()));
        break;
    }
  }
}
