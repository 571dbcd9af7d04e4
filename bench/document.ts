import { writeFile } from 'node:fs/promises';
import type { Row } from './benchmark.ts';
import { markdownTable } from './table.ts';

const FILE = new URL('../docs/benchmarks.md', import.meta.url);

/** Writes docs/benchmarks.md. */
export async function writeDocument(
  rows: readonly Row[],
  conditions: readonly string[],
): Promise<void> {
  const text = [
    '# Benchmarks',
    '',
    'Written by `npm run bench -- --write`; run it again to have the figures of your machine. Each',
    'benchmark checks that what it has timed is right. A latency counts from the instant at which its',
    'cause was *to be sent*, whether the sender was late or not, to the instant at which a reader of',
    'committed records had the effect, both by the clock of the one machine.',
    '',
    ...conditions.map((line) => `- ${line}`),
    '',
    markdownTable(rows),
    '',
    'The reference’s Spark job was measured on a machine of this kind (2 cores, local[2], Kafka 4.1). Its',
    'market values were 13 to 247 times too high; “repaired” is the same job with right sums.',
    '',
  ].join('\n');
  await writeFile(FILE, text);
}
