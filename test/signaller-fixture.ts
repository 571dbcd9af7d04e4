import { defaultPayloadConverter } from '@temporalio/common';
import type { Client } from '@temporalio/client';
import { isGrpcServiceError } from '@temporalio/client';
import { createServer, connect } from 'node:net';
import type { Server, Socket } from 'node:net';
import { accountCaseId, MACHINE_EVENT_SIGNAL } from '#contracts/case-messages.ts';
import { encodeMarginCalc } from '#contracts/margin-figures.ts';
import { TOPICS } from '#contracts/topics.ts';
import type { MachineEvent } from '#domain/case-events.ts';
import { accountFigures } from '#domain/margin.ts';
import { rate } from '#domain/money.ts';
import { loadPolicy } from '#platform/policies.ts';
import { connectTemporal } from '#platform/temporal/connection.ts';
import type { TemporalConnection } from '#platform/temporal/connection.ts';
import type { OutboundRecord } from '#ports/records.ts';
import { Kafka, logLevel } from 'kafkajs';
import { testBrokers } from './kafka-fixture.ts';

/** What the signaller's tests put in and look at: figures of accounts, signals in a case's history. */

const POLICY = { ...loadPolicy('demo'), longMaintenanceRate: rate(250_000) };

/**
 * margin.calc.v1 of an account with 1,000 shares of NVDA at $1,000, so that the requirement is
 * $250,000, and cash that makes its excess `excess` dollars. A fall of SPY by 8 % costs it $40,000.
 */
export function calcRecord(accountId: string, sequence: number, excess: number): OutboundRecord {
  const position = { symbol: 'NVDA', qtyE4: 10_000_000, priceE4: 10_000_000, betaE4: 5_000 };
  const figures = accountFigures((excess - 750_000) * 10_000, [position], POLICY);
  const now = Date.now();
  const record = encodeMarginCalc(figures, {
    accountId,
    generation: 1,
    sequence,
    asOf: now,
    cause: 'PRICE',
    fillsPosition: 1,
    adjustmentsPosition: 0,
    blockedBy: [],
    cashPosition: 1,
    creditedTotalE4: 0,
    markOf: () => null,
    policyVersion: POLICY.version,
    correlationId: `C-${accountId}`,
  });
  return { topic: TOPICS.marginCalc.name, key: accountId, value: JSON.stringify(record) };
}

/** executions.v1: the n-th liquidation order of an account was filled. */
export function executionRecord(accountId: string, n: number): OutboundRecord {
  const value = JSON.stringify({
    exec_id: `X-${accountId}-${String(n)}`,
    order_id: `LQ-${accountId}-${String(n)}`,
    account_id: accountId,
    symbol: 'NVDA',
    side: 'SELL',
    last_qty: 1,
    last_price: 1_000,
    cum_qty: 1,
    leaves_qty: 0,
    status: 'FILLED',
    reason: 'paper venue: filled at the last price',
    timestamp: Date.now(),
    fill_partition: 0,
    fill_offset: n,
    corr_id: 'C1',
  });
  return { topic: TOPICS.executions.name, key: accountId, value };
}

/** The machine events that the server has taken for an account's case, oldest first; [] without a case. */
async function signalsOf(
  client: Client,
  prefix: string,
  accountId: string,
): Promise<MachineEvent[]> {
  const handle = client.workflow.getHandle(accountCaseId(prefix, accountId));
  try {
    const history = await handle.fetchHistory();
    return (history.events ?? []).flatMap((event) => {
      const signal = event.workflowExecutionSignaledEventAttributes;
      const payload = signal?.input?.payloads?.[0];
      if (signal?.signalName !== MACHINE_EVENT_SIGNAL || payload === undefined) return [];
      return [defaultPayloadConverter.fromPayload<MachineEvent>(payload)];
    });
  } catch (error) {
    if (isGrpcServiceError(error) && error.message.includes('NOT_FOUND')) return [];
    throw error;
  }
}

/** The Temporal server that test/run.ts has started. Throws when the variable is missing. */
export function testTemporalAddress(): string {
  const address = process.env.TEMPORAL_ADDRESS;
  if (address === undefined) throw new Error('TEMPORAL_ADDRESS is not set: run `npm test`');
  return address;
}

/** A client of the test's Temporal server at `address`. */
export function openTemporal(prefix: string, address = testTemporalAddress()): TemporalConnection {
  return connectTemporal({ address, namespace: 'default', prefix });
}

/** What was told, in short: `MARGIN_CALL 3` for figures of sequence 3, the id of an execution. */
export async function toldOf(client: Client, prefix: string, accountId: string): Promise<string[]> {
  const events = await signalsOf(client, prefix, accountId);
  return events.map((event) =>
    event.type === 'FIGURES'
      ? `${event.figures.status} ${String(event.figures.version.sequence)}`
      : event.execution.execId,
  );
}

/** Per partition the first offset that the signaller has not committed. */
export async function committedPositions(prefix: string, topic: string): Promise<number[]> {
  const admin = new Kafka({ brokers: testBrokers(), logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    const [offsets] = await admin.fetchOffsets({
      groupId: `${prefix}case-signaller`,
      topics: [prefix + topic],
    });
    const inOrder = [...(offsets?.partitions ?? [])].sort((a, b) => a.partition - b.partition);
    return inOrder.map(({ offset }) => Math.max(0, Number(offset)));
  } finally {
    await admin.disconnect();
  }
}

/** The way to a server that can be cut: what is under way breaks, what is new is refused. */
export class Wire {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isCut = false;
  address = '';

  private constructor(host: string, port: number) {
    this.#server = createServer((near) => {
      if (this.#isCut) {
        near.destroy();
        return;
      }
      const far = connect(port, host);
      for (const [socket, other] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(socket);
        socket.on('error', () => other.destroy());
        socket.on('close', () => {
          this.#sockets.delete(socket);
          other.destroy();
        });
      }
      near.pipe(far);
      far.pipe(near);
    });
  }

  /** A wire to `host:port` on a free port of 127.0.0.1. */
  static async to(address: string): Promise<Wire> {
    const [host = '127.0.0.1', port = ''] = address.split(':');
    const wire = new Wire(host, Number(port));
    await new Promise<void>((resolve) => wire.#server.listen(0, '127.0.0.1', resolve));
    const bound = wire.#server.address();
    if (typeof bound !== 'object' || bound === null) throw new Error('the wire has no port');
    wire.address = `127.0.0.1:${String(bound.port)}`;
    return wire;
  }

  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#isCut = false;
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
  }
}
