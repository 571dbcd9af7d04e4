import { afterEach, describe, expect, jest, test } from '@jest/globals';
import type { ExecutionEvent, FiguresEvent, MachineEvent } from '#domain/case-events.ts';
import { createMetrics } from '#platform/metrics.ts';
import { FIGURES_PAUSE_MS, SignalDispatcher } from './signal-dispatcher.ts';
import type { ExecutionJob, FiguresLine } from './signal-dispatcher.ts';
import { signallerMetrics } from './signaller-metrics.ts';

const SILENT = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

let dispatcher: SignalDispatcher;

/** A server that answers when the test says so. */
class Server {
  readonly taken: string[] = [];
  underWay = 0;
  underWayMax = 0;
  broken = false;
  attempts = 0;
  #held: (() => void)[] = [];
  #holding = false;

  hold(): void {
    this.#holding = true;
  }

  release(): void {
    this.#holding = false;
    for (const go of this.#held.splice(0)) go();
  }

  releaseOne(): void {
    this.#held.shift()?.();
  }

  async deliver(accountId: string, event: MachineEvent): Promise<void> {
    this.attempts += 1;
    this.underWay += 1;
    this.underWayMax = Math.max(this.underWayMax, this.underWay);
    if (this.#holding) await new Promise<void>((resolve) => this.#held.push(resolve));
    await Promise.resolve();
    this.underWay -= 1;
    if (this.broken) throw new Error('unavailable');
    const what = event.type === 'FIGURES' ? `${accountId} figures` : event.execution.execId;
    this.taken.push(what);
  }

  get order(): string[] {
    return [...this.taken];
  }
}

function start(server: Server, concurrencyMax = 1, now = Date.now): SignalDispatcher {
  dispatcher = new SignalDispatcher({
    signals: server,
    concurrencyMax,
    clock: { now },
    logger: SILENT,
    metrics: signallerMetrics(createMetrics('case-signaller')),
  });
  return dispatcher;
}

afterEach(async () => {
  jest.useRealTimers();
  await dispatcher.stop(100);
});

function line(accountId: string, deficiencyE4 = 0): FiguresLine & { told: number; lost: number } {
  const event: FiguresEvent = {
    type: 'FIGURES',
    figures: {
      status: 'INDETERMINATE',
      version: { generation: 1, sequence: 1 },
      asOf: 0,
      creditedTotalE4: 0,
      fillsPosition: 0,
      correlationId: 'C',
      pricesMissing: [],
    },
  };
  return {
    accountId,
    deficiencyE4,
    told: 0,
    lost: 0,
    begin: () => ({ reason: 'FIRST', event }),
    delivered() {
      this.told += 1;
    },
    failed() {
      this.lost += 1;
    },
  };
}

function execution(accountId: string, execId: string): ExecutionJob & { done: boolean } {
  const event: ExecutionEvent = {
    type: 'EXECUTION',
    execution: { execId, orderId: 'O', cumQtyE4: 1, status: 'FILLED', fillOffset: 1 },
  };
  return {
    accountId,
    event,
    done: false,
    wanted: () => true,
    delivered() {
      this.done = true;
    },
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function until(what: string, condition: () => boolean, timeoutMs = 50_000): Promise<void> {
  const giveUpAt = Date.now() + timeoutMs;
  while (!condition()) {
    if (Date.now() > giveUpAt) throw new Error(`not in time: ${what}`);
    await pause(5);
  }
}

describe('signals are dispatched', () => {
  test('largest deficiency first when many wait', async () => {
    const server = new Server();
    const signals = start(server);
    for (const [accountId, deficiency] of [
      ['none', 0],
      ['small', 10],
      ['large', 1_000],
      ['medium', 100],
    ] as const) {
      signals.tell(line(accountId, deficiency));
    }
    await until('four signals', () => server.taken.length === 4);
    expect(server.order).toEqual([
      'large figures',
      'medium figures',
      'small figures',
      'none figures',
    ]);
  });

  test('executions before figures, and each account in its order', async () => {
    const server = new Server();
    const signals = start(server);
    signals.tell(line('large', 1_000));
    for (const execId of ['A1', 'A2', 'A3']) signals.tellExecution(execution('A', execId));
    await until('four signals', () => server.taken.length === 4);
    expect(server.order).toEqual(['A1', 'A2', 'A3', 'large figures']);
  });

  test('no more at a time than allowed, and of one account one', async () => {
    const server = new Server();
    const signals = start(server, 3);
    server.hold();
    for (const execId of ['A1', 'A2', 'A3']) signals.tellExecution(execution('A', execId));
    await pause(20);
    expect(server.underWay).toBe(1);
    for (let n = 0; n < 10; n += 1) signals.tell(line(`F${String(n)}`));
    await pause(20);
    expect(server.underWayMax).toBe(3);
    server.release();
    await until('all signals', () => server.taken.length === 13);
    expect(server.underWayMax).toBe(3);
  });

  test('figures of one account at most once a second, executions without delay', async () => {
    jest.useFakeTimers();
    const server = new Server();
    const signals = start(server, 4);
    const account = line('A');
    signals.tell(account);
    await jest.advanceTimersByTimeAsync(0);
    expect(account.told).toBe(1);
    for (let n = 0; n < 50; n += 1) {
      signals.tell(account);
      await jest.advanceTimersByTimeAsync(2);
    }
    signals.tellExecution(execution('A', 'A1'));
    await jest.advanceTimersByTimeAsync(0);
    expect(server.order).toEqual(['A figures', 'A1']);
    await jest.advanceTimersByTimeAsync(FIGURES_PAUSE_MS - 101);
    expect(server.order).toEqual(['A figures', 'A1']);
    await jest.advanceTimersByTimeAsync(1);
    expect(server.order).toEqual(['A figures', 'A1', 'A figures']);
    await jest.advanceTimersByTimeAsync(2 * FIGURES_PAUSE_MS);
    expect(server.order).toEqual(['A figures', 'A1', 'A figures']);
  });

  test('news that are none any more when their turn comes are not sent', async () => {
    const server = new Server();
    const signals = start(server);
    server.hold();
    signals.tell(line('first'));
    signals.tell({ ...line('gone'), begin: () => null });
    server.release();
    await pause(50);
    expect(server.order).toEqual(['first figures']);
  });

  test('while the server is away little is tried, nothing is lost, and then all catches up', async () => {
    const server = new Server();
    const signals = start(server, 16);
    server.broken = true;
    const lines = Array.from({ length: 200 }, (_, n) => line(`F${String(n)}`));
    const jobs = ['A1', 'A2', 'B1'].map((execId) => execution(execId.slice(0, 1), execId));
    for (const job of jobs) signals.tellExecution(job);
    for (const one of lines) signals.tell(one);
    await until('an outage', () => signals.outage >= 3);
    // What was under way when it went away, then one at a time.
    expect(server.attempts).toBeLessThanOrEqual(16 + 3);
    server.broken = false;
    await until(
      'all are told',
      () => lines.every(({ told }) => told === 1) && jobs.every(({ done }) => done),
    );
    expect(signals.outage).toBe(0);
    const ofA = server.order.filter((what) => what === 'A1' || what === 'A2');
    expect(ofA).toEqual(['A1', 'A2']);
  });

  test('a pause ends with its timer, even if that fires before the clock says so', async () => {
    const server = new Server();
    const signals = start(server, 16, () => 0);
    server.broken = true;
    const waiting = line('F');
    signals.tell(waiting);
    await until('an outage', () => signals.outage === 1);
    server.broken = false;
    await until('it is told', () => waiting.told === 1);
  });

  test('signals that fail together are one outage, however late they fail', async () => {
    const server = new Server();
    const signals = start(server, 16);
    server.hold();
    server.broken = true;
    for (let n = 0; n < 16; n += 1) signals.tell(line(`F${String(n)}`));
    await until('all are under way', () => server.underWay === 16);
    server.releaseOne();
    await until('the first has failed', () => signals.outage === 1);
    await pause(200);
    server.release();
    await until('all have failed', () => server.underWay === 0);
    expect(signals.outage).toBe(1);
  });

  test('an execution of a partition that was given up is left to its next owner', async () => {
    const server = new Server();
    const signals = start(server);
    signals.tellExecution({ ...execution('A', 'A1'), wanted: () => false });
    signals.tellExecution(execution('A', 'A2'));
    signals.tellExecution(execution('B', 'B1'));
    await until('two signals', () => server.taken.length === 2);
    expect(server.order.sort()).toEqual(['A2', 'B1']);
  });

  test('stopping waits for what is under way and sends nothing more', async () => {
    const server = new Server();
    const signals = start(server);
    server.hold();
    signals.tell(line('A'));
    signals.tell(line('B'));
    await until('a signal is under way', () => server.underWay === 1);
    const stopped = signals.stop(1_000);
    server.release();
    await stopped;
    expect(server.order).toEqual(['A figures']);
  });
});
