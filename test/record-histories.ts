/**
 * Records the histories that test/replay.test.ts replays, by playing test/case-stories.ts:
 *   node bin/bootstrap.mjs test/record-histories.ts [story…]
 * The server is the one at TEMPORAL_ADDRESS, else one of its own. Record anew when a change to the
 * workflow is meant to break replay, and say so in the commit.
 */
import process from 'node:process';
import { peopleOf } from './case-people.ts';
import { CASE_STORIES } from './case-stories.ts';
import type { CaseStory } from './case-stories.ts';
import { keepHistory } from './recorded-history.ts';
import type { History } from './recorded-history.ts';
import { CaseServer } from './temporal.ts';

const wanted = process.argv.slice(2);
const stories = CASE_STORIES.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
const server = await CaseServer.start();
for (const story of stories) await record(story);
await server.stop();

/** Plays a story and keeps the history of one run. */
async function record({ name, policy, run, play }: CaseStory): Promise<void> {
  const world = server.world(policy);
  await server.withWorker(world, () => play(world, peopleOf(server, world)));
  await keepHistory(name, historyOf(await runsOf(world.caseId), run));
  await server.temporal.client.workflow.getHandle(world.caseId).terminate('it is recorded');
}

/** The histories of a case's runs, the last one first. */
async function runsOf(workflowId: string): Promise<History[]> {
  const runs: History[] = [];
  let runId: string | undefined;
  do {
    const handle = server.temporal.client.workflow.getHandle(workflowId, runId);
    const history = await handle.fetchHistory();
    runs.push(history);
    const started = history.events?.[0]?.workflowExecutionStartedEventAttributes;
    runId = started?.continuedExecutionRunId ?? '';
  } while (runId !== '');
  return runs;
}

function historyOf(runs: readonly History[], which: CaseStory['run']): History {
  const [last] = runs;
  const [longest] = [...runs].sort((a, b) => lengthOf(b) - lengthOf(a));
  if (last === undefined || longest === undefined) throw new Error('the case has no run');
  if (which === 'LONGEST') return longest;
  if (runs.length < 2) throw new Error('the case did not continue as new');
  return last;
}

function lengthOf({ events }: History): number {
  return events?.length ?? 0;
}
