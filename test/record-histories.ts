/**
 * Records the histories that test/replay.test.ts replays, from a demo that stays up:
 *   node bin/bootstrap.mjs test/record-histories.ts <Temporal host:port>
 * Kept is the longest run of each case: at rest it continues as new, with an empty history. Record
 * anew when a change to the workflow is meant to break replay, and say so in the commit.
 */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { Client, Connection } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';

const STORIES = [
  { account: 'ACC_DEMO_002', file: 'all-the-way.json' },
  { account: 'ACC_DEMO_003', file: 'cured-by-deposit.json' },
];

const [address] = process.argv.slice(2);
if (address === undefined) {
  process.stderr.write('usage: test/record-histories.ts <Temporal host:port>\n');
  process.exit(2);
}

const connection = await Connection.connect({ address });
const client = new Client({ connection });
for (const { account, file } of STORIES) {
  const runs = [];
  const query = `WorkflowType = 'accountCase'`;
  for await (const run of client.workflow.list({ query })) {
    if (run.workflowId.endsWith(`account-case:${account}`)) runs.push(run);
  }
  const [longest] = runs.sort((a, b) => b.historyLength - a.historyLength);
  if (longest === undefined) throw new Error(`there is no case of ${account} at ${address}`);
  const handle = client.workflow.getHandle(longest.workflowId, longest.runId);
  const history = historyToJSON(await handle.fetchHistory());
  await writeFile(path.join(import.meta.dirname, 'histories', file), `${history}\n`);
  process.stdout.write(`${file}: ${String(longest.historyLength)} events\n`);
}
await connection.close();
