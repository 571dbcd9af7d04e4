import { TOPICS } from '#contracts/topics.ts';
import type { EndOffsets, LogReader } from '#ports/log-reader.ts';
import type { PartitionOwner } from '#ports/partition-owner.ts';
import type { Publisher } from '#ports/publisher.ts';
import type { Readiness } from '#ports/readiness.ts';
import { ControlFollower } from '../order-path/control-follower.ts';
import { LastPrices } from '../order-path/last-prices.ts';
import { LeaseKeeper } from '../order-path/lease-keeper.ts';
import { takeOverVenuePartition } from './venue-partition.ts';
import type { VenuePartition, VenueSurroundings } from './venue-partition.ts';
import { INPUTS } from './venue-positions.ts';

/** Prices are read to their end before the first order is executed, within this time. */
const PRICES_TIMEOUT_MS = 30_000;

export interface VenueAdapterParts {
  /** One run of one process: a restart has another. */
  readonly process: string;
  readonly owner: PartitionOwner;
  readonly priceReader: LogReader;
  readonly controlReader: LogReader;
  readonly ends: EndOffsets;
  /** Where the commands and states of a scope lie. */
  readonly partitionOf: (key: string) => number;
  readonly leases: Publisher;
}

export interface VenueAdapter {
  ready(): Readiness;
  stop(): Promise<void>;
}

/**
 * The venue adapter with the paper venue: the last hop of every order, and its execution at the last
 * price, for local use only. No order leaves this process. Resolves when it takes orders.
 */
export async function startVenueAdapter(
  parts: VenueAdapterParts,
  surroundings: Omit<VenueSurroundings, 'prices' | 'controls' | 'isOpen'>,
): Promise<VenueAdapter> {
  const { owner, priceReader, controlReader, ends, partitionOf, leases, process } = parts;
  const { clock, logger, metrics } = surroundings;
  logger.warn(
    { event: 'paper_venue' },
    'paper venue: orders are executed at the last price, for local use only; none reaches a market',
  );
  const prices = new LastPrices();
  const controls = new ControlFollower({
    ...{ reader: controlReader, ends, partitionOf, clock, logger },
    unreadable: metrics.unreadable,
  });
  let held: readonly VenuePartition[] = [];
  const owned = (): VenuePartition[] => held.filter((one) => !one.isReleased);
  const lease = new LeaseKeeper({
    ...{ process, kind: 'VENUE', publisher: leases, controls, clock, logger },
    ownedPartitions: () => owned().map(({ partition }) => partition),
    cancelsPending: () => [...new Set(owned().flatMap((one) => one.cancelsPending()))],
    drained: async () => {
      await Promise.all(held.map((one) => one.drained()));
    },
    // It executes at once or not at all.
    validMs: 0,
  });
  await Promise.all([
    priceReader.start([TOPICS.prices.name], (records) => {
      prices.take(records);
    }),
    controls.start(),
  ]);
  await priceReader.caughtUp(PRICES_TIMEOUT_MS);
  controls.onApplied(() => {
    lease.acknowledge();
  });
  lease.start();
  await owner.run(INPUTS, async (_, writer) => {
    const taken = await takeOverVenuePartition(writer, {
      ...surroundings,
      ...{ prices, controls, isOpen: (now) => lease.isOpen(now) },
    });
    // What one before it still has under way counts until it has come through, or will never.
    held = [...held.filter((one) => !one.isReleased || one.isBusy), taken];
    return taken;
  });
  return {
    ready: () =>
      lease.isOpen(clock.now())
        ? { ready: true }
        : { ready: false, reason: 'the controls are not proved fresh: nothing is executed' },
    stop: async () => {
      await owner.stop();
      await lease.stop();
      await Promise.all([priceReader.stop(), controls.stop()]);
    },
  };
}
