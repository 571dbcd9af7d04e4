import { z } from 'zod';
import { controlStateSchema } from '#contracts/control-states.ts';
import type { ControlStateRecord } from '#contracts/control-states.ts';
import { decodeRecord } from '#contracts/decode-record.ts';
import { TOPICS } from '#contracts/topics.ts';
import { count } from '#contracts/wire.ts';
import type { Logger } from '#ports/logger.ts';
import type { FencedWriter, PartitionProcessor } from '#ports/partition-owner.ts';
import type { InboundRecord } from '#ports/records.ts';
import type { ProjectorMetrics } from './projector-metrics.ts';

const versioned = z.looseObject({ scope: z.string(), version: count });

export interface ProjectorParts {
  readonly logger: Logger;
  readonly metrics: ProjectorMetrics;
}

/** Takes a partition number over: the versions that its part of killswitch.state.v1 has. */
export async function takeOverProjectorPartition(
  writer: FencedWriter,
  parts: ProjectorParts,
): Promise<PartitionProcessor> {
  const partition = new ProjectorPartition(writer, parts);
  await writer.readToEnd(TOPICS.controlState.name, (records) => {
    partition.restore(records);
  });
  return partition;
}

/**
 * Writes the sets of control.events.v1 to killswitch.state.v1, each version once and none after a
 * higher one: compaction keeps the last record of a scope, not the highest version (DESIGN 14). State
 * and consumed position are one transaction, and the writer fences every earlier owner.
 */
class ProjectorPartition implements PartitionProcessor {
  readonly #writer: FencedWriter;
  readonly #parts: ProjectorParts;
  /** The last version written, by scope. */
  readonly #versions = new Map<string, number>();

  constructor(writer: FencedWriter, parts: ProjectorParts) {
    this.#writer = writer;
    this.#parts = parts;
  }

  restore(records: readonly InboundRecord[]): void {
    for (const record of records) {
      const version = this.#read(record)?.version ?? versionOf(record);
      if (version !== null && record.key !== null) this.#versions.set(record.key, version);
    }
  }

  async onBatch(records: readonly InboundRecord[]): Promise<void> {
    const newest = this.#newest(records);
    const last = records.at(-1);
    if (last === undefined) return;
    const consumed = [{ topic: TOPICS.controlEvents.name, position: last.offset + 1 }];
    await this.#writer.transact(async (send) => {
      if (newest.length === 0) return;
      await send(
        newest.map((state) => ({
          topic: TOPICS.controlState.name,
          key: state.scope,
          value: JSON.stringify(state),
        })),
      );
    }, consumed);
    for (const { scope, version } of newest) this.#versions.set(scope, version);
    this.#parts.metrics.projected.inc({ outcome: 'written' }, newest.length);
    const dropped = records.length - newest.length;
    if (dropped > 0) this.#parts.metrics.projected.inc({ outcome: 'dropped' }, dropped);
  }

  onPosition(): void {
    // Positions are committed with the states that they led to.
  }

  onRelease(): void {
    this.#versions.clear();
  }

  /** Every version above the one before, in order: who follows the topic sees each change. */
  #newest(records: readonly InboundRecord[]): ControlStateRecord[] {
    const seen = new Map<string, number>();
    return records.flatMap((record) => {
      const state = this.#read(record);
      if (state === null) return [];
      const { scope, version } = state;
      if (version <= (seen.get(scope) ?? this.#versions.get(scope) ?? -1)) return [];
      seen.set(scope, version);
      return [state];
    });
  }

  #read({ topic, partition, offset, key, value }: InboundRecord): ControlStateRecord | null {
    const decoded = decodeRecord(controlStateSchema, value, null);
    const refusal = decoded.ok
      ? decoded.record.scope === key
        ? null
        : { code: 'WRONG_KEY', reason: `the key is ${String(key)}` }
      : decoded.refusal;
    if (refusal === null && decoded.ok) return decoded.record;
    this.#parts.metrics.refused.inc({ topic, code: refusal?.code ?? 'SCHEMA' });
    this.#parts.logger.error({ topic, partition, offset, ...refusal }, 'a record is passed over');
    return null;
  }
}

/**
 * Another release may have written the state: what cannot be read as a whole still stands, and nothing
 * lower may come after it. null when not even its version can be read: then whatever comes next is better.
 */
function versionOf({ key, value }: InboundRecord): number | null {
  const decoded = decodeRecord(versioned, value, null);
  return decoded.ok && decoded.record.scope === key ? decoded.record.version : null;
}
