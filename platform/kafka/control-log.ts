import type { LoggedControl } from '#contracts/control-activities.ts';
import { isBeyond, loggedControl } from '#contracts/logged-controls.ts';
import { controlStateSchema } from '#contracts/control-states.ts';
import type { ControlStateRecord } from '#contracts/control-states.ts';
import { decodeRecord } from '#contracts/decode-record.ts';
import { accountOfScope } from '#contracts/scopes.ts';
import { TOPICS } from '#contracts/topics.ts';
import type { ControlLog } from '#ports/control-log.ts';
import type { InboundRecord } from '#ports/records.ts';
import type { KafkaSurroundings } from './client.ts';
import { createLogReader } from './log-reader.ts';
import { partitionOf } from './partition-of.ts';

/** A partition of commands, which are kept for ever, is read in this time or the caller asks again. */
const READ_MS_MAX = 30_000;

const STATE_TOPICS = [TOPICS.controlEvents.name, TOPICS.controlState.name] as const;

/** Reads the partitions of a scope from their beginning, each time it is asked (ports/control-log.ts). */
export function createControlLog(surroundings: KafkaSurroundings, partitions: number): ControlLog {
  const read = (topics: readonly string[], key: string, take: (record: InboundRecord) => void) =>
    readPartition(surroundings, topics, partitionOf(key, partitions), take);
  return {
    latest: async (scope) => {
      let latest: ControlStateRecord | null = null;
      await read(STATE_TOPICS, scope, ({ value, key }) => {
        const decoded = decodeRecord(controlStateSchema, value, key);
        if (!decoded.ok || decoded.record.scope !== scope) return;
        if (decoded.record.version > (latest?.version ?? -1)) latest = decoded.record;
      });
      return latest;
    },
    after: async (covered) => {
      const { scope } = covered;
      const found: LoggedControl[] = [];
      const take = (record: InboundRecord): void => {
        const logged = loggedControl(record);
        if (logged?.scope === scope && isBeyond(covered, logged.control))
          found.push(logged.control);
      };
      await read([TOPICS.controlCommands.name], scope, take);
      const accountId = accountOfScope(scope);
      if (accountId !== null) await read([TOPICS.restrictions.name], accountId, take);
      return found;
    },
  };
}

async function readPartition(
  surroundings: KafkaSurroundings,
  topics: readonly string[],
  partition: number,
  take: (record: InboundRecord) => void,
): Promise<void> {
  // What could not be read shows in `caughtUp`.
  const reader = createLogReader(surroundings, { partition, onFatal: () => undefined });
  try {
    await reader.start(topics, (records) => {
      records.forEach(take);
    });
    await reader.caughtUp(READ_MS_MAX);
  } finally {
    await reader.stop();
  }
}
