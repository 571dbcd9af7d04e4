/**
 * Records the histories of the firm's enforcement that test/replay.test.ts replays, by playing
 * test/firm-stories.ts:
 *   node bin/bootstrap.mjs test/record-firm-histories.ts [story…]
 * The server is the one at TEMPORAL_ADDRESS, else one of its own. Record anew when a change to the
 * workflow is meant to break replay, and say so in the commit.
 */
import process from 'node:process';
import { FIRM_STORIES } from './firm-stories.ts';
import { FIRM_WORKFLOW_FILE, playFirm } from './firm-world.ts';
import { keepHistory } from './recorded-history.ts';
import { startWorkflowServer } from './temporal.ts';

const wanted = process.argv.slice(2);
const server = await startWorkflowServer(FIRM_WORKFLOW_FILE);
for (const { name, adopted, run, play } of FIRM_STORIES) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const handle = await playFirm(server, adopted, play);
  const kept = await handle.fetchHistory();
  const started = kept.events?.[0]?.workflowExecutionStartedEventAttributes;
  const isContinued = (started?.continuedExecutionRunId ?? '') !== '';
  if (isContinued !== (run === 'CONTINUED')) throw new Error(`${name} is in another run`);
  await keepHistory(name, kept);
  await handle.terminate('it is recorded');
}
await server.temporal.teardown();
