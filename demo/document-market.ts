import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { marketChart } from './market-2020/chart.ts';
import { marketDocument } from './market-2020/document.ts';
import { readResult } from './market-2020/result-file.ts';

/**
 * Writes docs/market-2020.md and its picture from docs/market-2020.json, which a run wrote:
 *   npx sentinel demo --exit --market-result docs/market-2020.json
 *   node bin/bootstrap.mjs demo/document-market.ts
 */
const docs = path.join(import.meta.dirname, '..', 'docs');
const result = await readResult(path.join(docs, 'market-2020.json'));
await writeFile(path.join(docs, 'market-2020.md'), marketDocument(result));
await writeFile(path.join(docs, 'pictures', 'market-2020.svg'), await marketChart(result));
process.stdout.write('docs/market-2020.md, docs/pictures/market-2020.svg\n');
