import { TOPICS } from '#contracts/topics.ts';
import type { LogReader } from '#ports/log-reader.ts';
import type { PartitionOwner } from '#ports/partition-owner.ts';
import { LastPrices } from './last-prices.ts';
import { takeOverVenuePartition } from './venue-partition.ts';
import type { VenueSurroundings } from './venue-partition.ts';

/** Prices are read to their end before the first order is executed, within this time. */
const PRICES_TIMEOUT_MS = 30_000;

/**
 * The venue adapter with the paper venue: executes liquidation orders at the last price, for local use
 * only. No order leaves this process. Resolves when it takes orders.
 */
export async function startVenueAdapter(
  parts: { readonly owner: PartitionOwner; readonly priceReader: LogReader },
  surroundings: Omit<VenueSurroundings, 'prices'>,
): Promise<{ stop(): Promise<void> }> {
  const { owner, priceReader } = parts;
  surroundings.logger.warn(
    { event: 'paper_venue' },
    'paper venue: orders are executed at the last price, for local use only; none reaches a market',
  );
  const prices = new LastPrices();
  await priceReader.start([TOPICS.prices.name], (records) => {
    prices.take(records);
  });
  await priceReader.caughtUp(PRICES_TIMEOUT_MS);
  await owner.run([TOPICS.liquidationOrders.name, TOPICS.orderCancels.name], (_, writer) =>
    takeOverVenuePartition(writer, { ...surroundings, prices }),
  );
  return {
    stop: async () => {
      await owner.stop();
      await priceReader.stop();
    },
  };
}
