/**
 * Records the histories of scopes that test/replay.test.ts replays, by playing
 * test/kill-switch-stories.ts:
 *   node bin/bootstrap.mjs test/record-scope-histories.ts [story…]
 * The server is the one at TEMPORAL_ADDRESS, else one of its own. Record anew when a change to the
 * workflow is meant to break replay, and say so in the commit.
 */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { KILL_SWITCH_STORIES } from './kill-switch-stories.ts';
import { KillSwitchServer } from './kill-switch-world.ts';

const wanted = process.argv.slice(2);
const server = await KillSwitchServer.start();
for (const story of KILL_SWITCH_STORIES) {
  if (wanted.length > 0 && !wanted.includes(story.name)) continue;
  const handle = await server.play(story, story.play);
  const last = await handle.fetchHistory();
  const started = last.events?.[0]?.workflowExecutionStartedEventAttributes;
  const firstRunId = started?.firstExecutionRunId ?? '';
  const first = server.client.workflow.getHandle(handle.workflowId, firstRunId);
  const kept = story.run === 'FIRST' ? await first.fetchHistory() : last;
  if (story.run === 'CONTINUED' && (started?.continuedExecutionRunId ?? '') === '') {
    throw new Error(`${story.name} did not continue as new`);
  }
  const file = path.join(import.meta.dirname, 'histories', `${story.name}.json`);
  await writeFile(file, `${historyToJSON(kept)}\n`);
  await handle.terminate('it is recorded');
  process.stdout.write(`${story.name}.json: ${String(kept.events?.length ?? 0)} events\n`);
}
await server.stop();
