import { TOPICS } from '#contracts/topics.ts';
import type { LogReader } from '#ports/log-reader.ts';
import type { PartitionOwner, PartitionProcessor } from '#ports/partition-owner.ts';
import { CONTROL_TOPICS, MonitorSession, ORDER_TOPICS } from './monitor-session.ts';
import type { MonitorSurroundings } from './monitor-session.ts';

/** Whoever owns this number of its own output watches; the others stand by. */
const WATCHING = 0;
const CAUGHT_UP_MS = 60_000;

export interface OrderMonitorParts {
  readonly owner: PartitionOwner;
  /** Readers of its own for each session, from two widths of the widest window ago. */
  readonly createReader: (name: string) => LogReader;
}

/**
 * The order monitor: one at a time watches the orders of all partitions, because a strategy and the firm
 * trade on all of them (DESIGN 22: one fenced aggregator). A second process takes over when it ends, with
 * the windows that the log gives.
 */
export async function startOrderMonitor(
  { owner, createReader }: OrderMonitorParts,
  surroundings: MonitorSurroundings,
): Promise<{ stop(): Promise<void> }> {
  const stops = new Set<() => Promise<void>>();
  await owner.run([TOPICS.riskSignals.name], async (partition, writer) => {
    if (partition !== WATCHING) return STANDS_BY;
    const session = new MonitorSession(surroundings);
    const readers = [createReader('controls'), createReader('orders')];
    const stop = async (): Promise<void> => {
      stops.delete(stop);
      session.end();
      await Promise.all(readers.map((reader) => reader.stop()));
    };
    stops.add(stop);
    for (const [index, topics] of [CONTROL_TOPICS, ORDER_TOPICS].entries()) {
      await readers[index]?.start(topics, (records) => {
        session.take(records);
      });
      await readers[index]?.caughtUp(CAUGHT_UP_MS);
    }
    session.speak(writer);
    return {
      ...STANDS_BY,
      onRelease: () => {
        stop().catch(surroundings.onFatal);
      },
    };
  });
  return {
    stop: async () => {
      await owner.stop();
      await Promise.all([...stops].map((stop) => stop()));
    },
  };
}

/** Its own signals are no news to it. */
const STANDS_BY: PartitionProcessor = {
  onBatch: () => Promise.resolve(),
  onPosition: () => undefined,
  onRelease: () => undefined,
};
