import type { KafkaSurroundings } from '#platform/kafka/client.ts';
import { createControlLog } from '#platform/kafka/control-log.ts';
import { createLogReader } from '#platform/kafka/log-reader.ts';
import { partitionOf } from '#platform/kafka/partition-of.ts';
import type { ControlLog } from '#ports/control-log.ts';
import { CONTROL_NEWS_TOPICS, ControlNews, createControlNewsLog } from './control-news.ts';

/** A view that is not complete after this long means that the log cannot be read. */
const VIEW_MS_MAX = 60_000;

/** Reads the control topics to their end; rejects when they cannot be read. `onFatal`: it reads no more. */
export async function openControlLog(
  surroundings: KafkaSurroundings,
  partitions: number,
  onFatal: (error: unknown) => void,
): Promise<{ readonly log: ControlLog; readonly stop: () => Promise<void> }> {
  const news = new ControlNews((key) => partitionOf(key, partitions));
  const reader = createLogReader(surroundings, { name: 'controls', onFatal });
  await reader.start(CONTROL_NEWS_TOPICS, (records) => {
    news.take(records);
  });
  await reader.caughtUp(VIEW_MS_MAX);
  const log = createControlNewsLog(news, reader, createControlLog(surroundings, partitions));
  return { log, stop: () => reader.stop() };
}
