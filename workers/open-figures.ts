import { closesFrom, marketHours } from '#domain/market-hours.ts';
import type { Policy } from '#domain/policy.ts';
import { systemClock } from '#platform/clock.ts';
import type { KafkaSurroundings } from '#platform/kafka/client.ts';
import { createEndOffsets, createLogReader } from '#platform/kafka/log-reader.ts';
import { partitionOf } from '#platform/kafka/partition-of.ts';
import type { FiguresReader } from '#ports/figures-reader.ts';
import type { Holdings } from '#ports/holdings.ts';
import type { Metrics } from '#ports/metrics.ts';
import { createFreshFigures } from './fresh-figures.ts';
import { MARGIN_VIEW_TOPICS, MarginView } from './margin-view.ts';
import { SharedEnds } from './shared-ends.ts';
import { showMarginView } from './view-metrics.ts';

/** A view that is not complete after this long means that the log cannot be read. */
const VIEW_MS_MAX = 60_000;

/** What a worker knows of every account: its last figures, and readings that a case may escalate on. */
export interface OpenFigures {
  readonly holdings: Holdings;
  readonly figures: FiguresReader;
  readonly stop: () => Promise<void>;
}

/** Reads margin.calc.v1 to its end; rejects when it cannot be read. `onFatal`: it reads no more. */
export async function openFigures(
  surroundings: KafkaSurroundings,
  options: {
    readonly policy: Policy;
    readonly partitions: number;
    readonly metrics: Metrics;
    readonly onFatal: (error: unknown) => void;
  },
): Promise<OpenFigures> {
  const { policy, partitions, metrics, onFatal } = options;
  const { logger } = surroundings;
  const view = new MarginView(logger, metrics.counter('sentinel_unreadable_records_total'));
  showMarginView(metrics, view, systemClock);
  const reader = createLogReader(surroundings, { onFatal });
  const [ends] = await Promise.all([
    createEndOffsets(surroundings),
    reader.start(MARGIN_VIEW_TOPICS, (records) => view.take(records)),
  ]);
  await reader.caughtUp(VIEW_MS_MAX);
  const figures = createFreshFigures({
    view,
    reader,
    ends: new SharedEnds(ends, systemClock),
    partitionOf: (accountId) => partitionOf(accountId, partitions),
    isOpen: marketHours(policy),
    closesFrom: closesFrom(policy),
    policy,
    clock: systemClock,
    logger,
    seconds: metrics.histogram('sentinel_fresh_reading_seconds'),
  });
  return {
    holdings: view,
    figures,
    stop: async () => {
      await Promise.all([reader.stop(), ends.close()]);
    },
  };
}
