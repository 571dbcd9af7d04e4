import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { encodeMarginCalc } from '#contracts/margin-figures.ts';
import { TOPICS } from '#contracts/topics.ts';
import type { MachineEvent } from '#domain/case-events.ts';
import type { AcknowledgedFigures } from '#domain/edges.ts';
import { accountFigures } from '#domain/margin.ts';
import { createMetrics } from '#platform/metrics.ts';
import { loadPolicy } from '#platform/policies.ts';
import type { ConsumedPosition, FencedWriter } from '#ports/partition-owner.ts';
import type { InboundRecord } from '#ports/records.ts';
import { FIGURES_PAUSE_MS, SignalDispatcher } from './signal-dispatcher.ts';
import { signallerMetrics } from './signaller-metrics.ts';
import { SignallerPartition } from './signaller-partition.ts';

const POLICY = loadPolicy('demo');
const FIGURES = TOPICS.marginCalc.name;
const NOBODY: ReadonlyMap<string, AcknowledgedFigures> = new Map();

let told: string[];
/** How the server answers the next signal. */
let answer: () => Promise<void>;
let committed: ConsumedPosition[];
let dispatcher: SignalDispatcher;
let partition: SignallerPartition;

beforeEach(() => {
  told = [];
  answer = () => Promise.resolve();
  committed = [];
  const logger = {
    debug: () => undefined,
    info: () => undefined,
    warn: () => undefined,
    error: () => undefined,
  };
  const common = {
    clock: { now: Date.now },
    logger,
    metrics: signallerMetrics(createMetrics('case-signaller')),
  };
  const deliver = (accountId: string, event: MachineEvent): Promise<void> => {
    const sequence = event.type === 'FIGURES' ? event.figures.version.sequence : 0;
    told.push(`${accountId} ${String(sequence)}`);
    return answer();
  };
  dispatcher = new SignalDispatcher({ ...common, signals: { deliver }, concurrencyMax: 1 });
  const writer: FencedWriter = {
    partition: 0,
    committedPosition: () => 0,
    readToEnd: () => Promise.resolve(),
    transact: async (write, consumed) => {
      committed.push(...consumed);
      return write(() => Promise.resolve([]));
    },
    transactIf: () => Promise.reject(new Error('it thinks better of nothing')),
  };
  partition = new SignallerPartition(writer, { ...common, dispatcher, policy: POLICY });
});

afterEach(async () => {
  partition.onRelease();
  await dispatcher.stop(100);
});

/** 1,000 shares at $1,000, which need $250,000, with this excess. */
function figures(offset: number, accountId: string, excess: number): InboundRecord {
  const held = { symbol: 'NVDA', qtyE4: 10_000_000, priceE4: 10_000_000, betaE4: 10_000 };
  const record = encodeMarginCalc(accountFigures((excess - 750_000) * 10_000, [held], POLICY), {
    accountId,
    generation: 1,
    sequence: offset,
    asOf: 0,
    cause: 'PRICE',
    fillsPosition: 0,
    adjustmentsPosition: 0,
    blockedBy: [],
    cashPosition: 0,
    creditedTotalE4: 0,
    markOf: () => null,
    policyVersion: POLICY.version,
    correlationId: 'C',
  });
  const value = Buffer.from(JSON.stringify(record));
  return { topic: FIGURES, partition: 0, offset, key: accountId, value, timestamp: 0 };
}

async function settle(ms = 20): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

describe('a partition of the signaller', () => {
  test('before the first sweep tells nobody, and commits nothing that might have to be told', async () => {
    await partition.onBatch([figures(5, 'WELL', 100_000), figures(6, 'CALLED', -1_000)]);
    await settle();
    await partition.commit();
    expect(told).toEqual([]);
    expect(committed).toEqual([{ topic: FIGURES, position: 5 }]);

    partition.sweep(NOBODY, Infinity);
    await settle();
    await partition.commit();
    expect(told).toEqual(['CALLED 6']);
    expect(committed.at(-1)).toEqual({ topic: FIGURES, position: 7 });
  });

  test('does not tell a case what it says that it knows', async () => {
    await partition.onBatch([figures(6, 'CALLED', -1_000)]);
    const known: AcknowledgedFigures = {
      rung: 'MARGIN_CALL',
      status: 'MARGIN_CALL',
      version: { generation: 1, sequence: 6 },
      deficiencyE4: 10_000_000,
      stress: 'UNDERWATER',
    };
    partition.sweep(new Map([['CALLED', known]]), Infinity);
    await settle();
    await partition.commit();
    expect(told).toEqual([]);
    expect(committed).toEqual([{ topic: FIGURES, position: 7 }]);
  });

  test('when the cases cannot be asked, tells those who are in trouble', async () => {
    await partition.onBatch([figures(5, 'WELL', 100_000), figures(6, 'CALLED', -1_000)]);
    partition.sweep(null, Infinity);
    await settle();
    expect(told).toEqual(['CALLED 6']);
  });

  test('tells what came while a signal was under way, though it came back to what was sent', async () => {
    let arrived = (): void => undefined;
    answer = () =>
      new Promise((resolve) => {
        arrived = resolve;
      });
    partition.sweep(NOBODY, Infinity);
    await partition.onBatch([figures(6, 'CALLED', -1_000)]);
    await settle();
    await partition.onBatch([figures(7, 'CALLED', 10_000), figures(8, 'CALLED', -1_000)]);
    arrived();
    await settle(FIGURES_PAUSE_MS + 100);
    expect(told).toEqual(['CALLED 6', 'CALLED 8']);
  });

  test('opens no case for an account that is well again when its first signal failed', async () => {
    answer = () => Promise.reject(new Error('unreachable'));
    partition.sweep(NOBODY, Infinity);
    await partition.onBatch([figures(6, 'CALLED', -1_000)]);
    await settle();
    await partition.onBatch([figures(7, 'CALLED', 100_000)]);
    await settle(FIGURES_PAUSE_MS + 100);
    expect(told).toEqual(['CALLED 6']);
  });

  test('given up it tells nobody and commits nothing', async () => {
    partition.sweep(NOBODY, Infinity);
    partition.onRelease();
    await partition.onBatch([figures(6, 'CALLED', -1_000)]);
    await settle();
    await partition.commit();
    expect(told).toEqual([]);
    expect(committed).toEqual([]);
  });
});
