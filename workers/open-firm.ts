import type { AdoptedHolds } from '#contracts/firm-messages.ts';
import { TOPICS } from '#contracts/topics.ts';
import type { KafkaSurroundings } from '#platform/kafka/client.ts';
import { createLogReader } from '#platform/kafka/log-reader.ts';
import { connectTemporal } from '#platform/temporal/connection.ts';
import type { TemporalSurroundings } from '#platform/temporal/connection.ts';
import { createFirmEnforcement } from '#platform/temporal/firm-enforcement.ts';
import type { FirmWatch } from '#ports/firm-enforcement.ts';
import type { Metrics } from '#ports/metrics.ts';
import { countStarts, showFirmHolds } from './firm-metrics.ts';
import { FirmHoldsReader, FirmHoldsView } from './firm-holds.ts';

/** A view that is not complete after this long means that the log cannot be read. */
const VIEW_MS_MAX = 60_000;

/** What a worker knows of the firm's enforcement, and where it asks the liquidation brake. */
export interface OpenFirm {
  readonly firm: FirmWatch;
  readonly adopted: () => Promise<AdoptedHolds>;
  readonly stop: () => Promise<void>;
}

/** Reads enforcement.v1 to its end; rejects when it cannot be read. `onFatal`: it reads no more. */
export async function openFirm(
  surroundings: KafkaSurroundings,
  temporalSurroundings: TemporalSurroundings,
  metrics: Metrics,
  onFatal: (error: unknown) => void,
): Promise<OpenFirm> {
  const view = new FirmHoldsView(surroundings.logger);
  showFirmHolds(metrics, view);
  const reader = createLogReader(surroundings, { name: 'enforcement', onFatal });
  await reader.start([TOPICS.enforcement.name], (records) => view.take(records));
  await reader.caughtUp(VIEW_MS_MAX);
  const held = new FirmHoldsReader(view, reader);
  const temporal = connectTemporal(temporalSurroundings);
  const { askToStart } = createFirmEnforcement(temporal.client, temporalSurroundings);
  return {
    firm: { askToStart: countStarts(metrics, askToStart), holds: () => held.holds() },
    adopted: () => held.adopted(),
    stop: async () => {
      await Promise.all([reader.stop(), temporal.close()]);
    },
  };
}
