import type { Clock } from '#ports/clock.ts';
import type { Metrics } from '#ports/metrics.ts';
import type { MarginView } from './margin-view.ts';

/** Shows at each scrape what the view knows: money at risk, and how old quotes and heartbeats are. */
export function showMarginView(metrics: Metrics, view: MarginView, clock: Clock): void {
  metrics.gauge('sentinel_deficiency_dollars', (gauge) => {
    gauge.set({}, view.moneyAtRisk.deficiency);
  });
  metrics.gauge('sentinel_accounts', (gauge) => {
    for (const [status, count] of view.moneyAtRisk.accounts) gauge.set({ status }, count);
  });
  metrics.gauge('sentinel_heartbeat_age_seconds', (gauge) => {
    for (const { partition, ts } of view.heartbeats()) {
      gauge.set({ partition: String(partition) }, (clock.now() - ts) / 1_000);
    }
  });
  metrics.gauge('sentinel_quote_age_seconds', (gauge) => {
    const span = view.quoteSpan();
    if (span === null) return;
    gauge.set({ quote: 'newest' }, (clock.now() - span.newest) / 1_000);
    gauge.set({ quote: 'oldest' }, (clock.now() - span.oldest) / 1_000);
  });
}
