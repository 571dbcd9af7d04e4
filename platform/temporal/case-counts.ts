import { RUNG_NAMES } from '#contracts/case-events.ts';
import type { Client } from '@temporalio/client';
import { runningCases } from './cases.ts';
import { connectTemporal } from './connection.ts';
import type { TemporalSurroundings } from './connection.ts';

type CaseCounts = Map<(typeof RUNG_NAMES)[number], number>;

/** All rungs together. */
const COUNT_MS_MAX = 10_000;

/** Counts cases on a connection of its own. */
export function createCaseCounter(surroundings: TemporalSurroundings): {
  readonly count: () => Promise<CaseCounts>;
  readonly close: () => Promise<void>;
} {
  const temporal = connectTemporal(surroundings);
  return {
    count: () => countCases(temporal.client, surroundings),
    close: () => temporal.close(),
  };
}

/** How many open cases stand on each rung, from the server's index: a moment behind. */
async function countCases(
  client: Client,
  { prefix }: Pick<TemporalSurroundings, 'prefix'>,
): Promise<CaseCounts> {
  const counts: CaseCounts = new Map();
  await client.withDeadline(Date.now() + COUNT_MS_MAX, async () => {
    for (const rung of RUNG_NAMES) {
      const query = `${runningCases(prefix)} AND SentinelRung = '${rung}'`;
      counts.set(rung, (await client.workflow.count(query)).count);
    }
  });
  return counts;
}
