import { holdOf } from '#domain/firm-enforcement.ts';
import type { FirmWatch } from '#ports/firm-enforcement.ts';
import type { Metrics } from '#ports/metrics.ts';
import type { FirmHoldsView } from './firm-holds.ts';

/** Shows at each scrape what the firm holds, as far as this worker has read. */
export function showFirmHolds(metrics: Metrics, view: Pick<FirmHoldsView, 'holds'>): void {
  metrics.gauge('sentinel_enforcement_holds', (gauge) => {
    gauge.set({}, holdsOf(view)?.length ?? -1);
  });
  metrics.gauge('sentinel_liquidation_brake', (gauge) => {
    const holds = holdsOf(view);
    // What cannot be read stops every liquidation as well.
    gauge.set({}, holds === null || holdOf(holds, 'LIQUIDATIONS') !== null ? 1 : 0);
  });
}

/** The brake, with its answers counted. */
export function countStarts(
  metrics: Metrics,
  askToStart: FirmWatch['askToStart'],
): FirmWatch['askToStart'] {
  const starts = metrics.counter('sentinel_liquidation_starts_total');
  for (const outcome of ['granted', 'braked', 'failed']) starts.inc({ outcome }, 0);
  return async (request, limit) => {
    let outcome = 'failed';
    try {
      const answer = await askToStart(request, limit);
      outcome = answer.toLowerCase();
      return answer;
    } finally {
      starts.inc({ outcome });
    }
  };
}

function holdsOf(view: Pick<FirmHoldsView, 'holds'>): ReturnType<FirmHoldsView['holds']> | null {
  try {
    return view.holds();
  } catch {
    return null;
  }
}
