/**
 * `npm run bench`: measures the product on the real servers and prints one table. A missed target is
 * shown as missed and changes no exit code: a benchmark is no test. Exit code 1: something could not be
 * run, or what was measured was wrong; 2: the command line.
 */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { openStack } from '#stack/open-stack.ts';
import { durationText, streamProgress } from '#stack/progress.ts';
import { StackError } from '#stack/stack-error.ts';
import type { BenchContext, Benchmark, Row } from './benchmark.ts';
import { conditionsOf } from './conditions.ts';
import { busyShare, watchOthers } from './cpu-share.ts';
import { writeDocument } from './document.ts';
import type { BenchOptions } from './options.ts';
import { optionsOf, USAGE } from './options.ts';
import { terminalTable } from './table.ts';

const WRONG_USAGE = 2;

const options = optionsOf(process.argv.slice(2));
if (typeof options === 'string') {
  console.error(`${options}\n\n${USAGE}`);
  process.exitCode = WRONG_USAGE;
} else {
  process.exitCode = await bench(options);
}

async function bench({ chosen, quick, write, profile }: BenchOptions): Promise<number> {
  const startedAt = performance.now();
  const progress = streamProgress(process.stderr);
  const foreignShare = await busyShare();
  try {
    const stack = await openStack({
      instance: 'bench',
      fresh: true,
      boundToParent: true,
      ports: 'free',
      java: 'load',
      variables: process.env,
      progress,
    });
    try {
      const variables = { ...process.env, ...(await profiling(profile)) };
      const context = { stack, quick, progress, variables };
      const { rows, failed } = await runAll(chosen, context);
      const conditions = await conditionsOf(stack, foreignShare);
      console.log(`\n${terminalTable(rows)}\n\n${conditions.join('\n')}`);
      if (write && !failed) await writeDocument(rows, conditions);
      const missed = rows.filter(({ met }) => met === false).length;
      const took = durationText(performance.now() - startedAt);
      console.log(`\n${rows.length} figures, ${missed} targets missed (${took}).`);
      return failed ? 1 : 0;
    } finally {
      await stack.close();
    }
  } catch (error) {
    if (!(error instanceof StackError)) throw error;
    console.error(`${error.message}\n  ${error.cure}`);
    return 1;
  }
}

async function runAll(
  chosen: readonly Benchmark[],
  context: BenchContext,
): Promise<{ rows: Row[]; failed: boolean }> {
  const rows: Row[] = [];
  let failed = false;
  for (const benchmark of chosen) {
    const task = context.progress.task(`Measuring ${benchmark.title}`);
    try {
      const others = await watchOthers();
      const measured = await benchmark.run(context);
      rows.push(...withOthers(measured, await others()));
      task.done();
    } catch (error) {
      if (error instanceof StackError) throw error;
      task.failed();
      failed = true;
      console.error(`${benchmark.name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return { rows, failed };
}

/** What others do on the same cores makes a measurement worse: it is said, so that it can be repeated. */
function withOthers(rows: readonly Row[], share: number | null): Row[] {
  if (share === null) return [...rows];
  const said = `others took ${String(Math.round(share * 100))} % of the cores meanwhile`;
  return rows.map((row) => ({ ...row, conditions: `${row.conditions}; ${said}` }));
}

/** What makes Node write a CPU profile when it ends. */
async function profiling(folder: string | undefined): Promise<NodeJS.ProcessEnv> {
  if (folder === undefined) return {};
  await mkdir(folder, { recursive: true });
  return { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${path.resolve(folder)}` };
}
