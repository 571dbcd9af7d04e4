import path from 'node:path';
import { z } from 'zod';
import { openBrowser } from './browser.ts';

/**
 * Takes the pictures of docs/pictures from a demo that stays up:
 *   node bin/bootstrap.mjs demo/take-pictures.ts <Temporal Web UI> <workflow id>
 * Shown is the longest run of the case: at rest it continues as new, with an empty history.
 */
const [uiUrl, workflowId] = process.argv.slice(2);
if (uiUrl === undefined || workflowId === undefined) {
  process.stderr.write('usage: demo/take-pictures.ts <Temporal Web UI> <workflow id>\n');
  process.exit(2);
}

const runsSchema = z.object({
  executions: z.array(
    z.object({
      execution: z.object({ runId: z.string() }),
      historyLength: z.coerce.number().default(0),
    }),
  ),
});

async function longestRun(): Promise<string> {
  const query = encodeURIComponent(`WorkflowId="${workflowId ?? ''}"`);
  const answer = await fetch(`${uiUrl ?? ''}/api/v1/namespaces/default/workflows?query=${query}`);
  const { executions } = runsSchema.parse(await answer.json());
  const [longest] = executions.sort((a, b) => b.historyLength - a.historyLength);
  if (longest === undefined) throw new Error(`there is no case ${workflowId ?? ''}`);
  return longest.execution.runId;
}

const WIDTH = 1_400;
const folder = path.join(import.meta.dirname, '..', 'docs', 'pictures');
const run = `${uiUrl}/namespaces/default/workflows/${encodeURIComponent(workflowId)}/${await longestRun()}`;

const browser = await openBrowser();
try {
  const page = await browser.newPage();
  const takes = [
    { url: `${run}/history`, height: 2_000, above: 700, file: 'case-history.png' },
    { url: `${run}/user-metadata`, height: 1_000, above: 0, file: 'case-page.png' },
  ];
  for (const { url, height, above, file } of takes) {
    await page.setViewportSize({ width: WIDTH, height });
    await page.goto(url);
    // The page polls for ever: there is no moment at which it has loaded.
    await page.waitForTimeout(4_000);
    await page.screenshot({
      path: path.join(folder, file),
      clip: { x: 0, y: above, width: WIDTH, height: height - above },
    });
    process.stdout.write(`${file}\n`);
  }
} finally {
  await browser.close();
}
