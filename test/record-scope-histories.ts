/**
 * Records the histories of scopes that test/replay.test.ts replays, by playing
 * test/kill-switch-stories.ts:
 *   node bin/bootstrap.mjs test/record-scope-histories.ts [story…]
 * The server is the one at TEMPORAL_ADDRESS, else one of its own. Record anew when a change to the
 * workflow is meant to break replay, and say so in the commit.
 */
import process from 'node:process';
import { KILL_SWITCH_STORIES } from './kill-switch-stories.ts';
import { KILL_SWITCH_WORKFLOW_FILE, playScope } from './kill-switch-world.ts';
import { keepHistory } from './recorded-history.ts';
import { startWorkflowServer } from './temporal.ts';

const wanted = process.argv.slice(2);
const server = await startWorkflowServer(KILL_SWITCH_WORKFLOW_FILE);
for (const story of KILL_SWITCH_STORIES) {
  if (wanted.length > 0 && !wanted.includes(story.name)) continue;
  const handle = await playScope(server, story, story.play);
  const last = await handle.fetchHistory();
  const started = last.events?.[0]?.workflowExecutionStartedEventAttributes;
  const firstRunId = started?.firstExecutionRunId ?? '';
  const first = server.temporal.client.workflow.getHandle(handle.workflowId, firstRunId);
  const kept = story.run === 'FIRST' ? await first.fetchHistory() : last;
  if (story.run === 'CONTINUED' && (started?.continuedExecutionRunId ?? '') === '') {
    throw new Error(`${story.name} did not continue as new`);
  }
  await keepHistory(story.name, kept);
  await handle.terminate('it is recorded');
}
await server.temporal.teardown();
