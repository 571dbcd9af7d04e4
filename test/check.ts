/** `npm run check`: every gate, two at a time; all of them run, whatever the first ones say. */
import { spawn } from 'node:child_process';
import { realpathSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { NODE_FLAGS } from '#stack/launch.ts';
import { durationText } from '#stack/progress.ts';

const ROOT = path.dirname(import.meta.dirname);
const SIDE_BY_SIDE = 2;

interface Gate {
  readonly title: string;
  /** A program of node_modules/.bin, or an entry point of ours. */
  readonly program: string;
  readonly args: readonly string[];
  /** What to do about it. */
  readonly cure: string;
}

/** The slowest first. */
const GATES: readonly Gate[] = [
  {
    title: 'lint',
    program: 'eslint',
    args: ['--max-warnings', '0', '.'],
    cure: 'npx eslint --fix .',
  },
  { title: 'types', program: 'tsc', args: ['--noEmit', '-p', '.'], cure: 'npx tsc --noEmit -p .' },
  { title: 'format', program: 'prettier', args: ['--check', '.'], cure: 'npx prettier --write .' },
  { title: 'dead code', program: 'knip', args: ['--no-progress'], cure: 'npx knip' },
  {
    title: 'arrows',
    program: 'depcruise',
    args: ['--config', '.dependency-cruiser.json', '--output-type', 'err', '.'],
    cure: 'DESIGN.md, Folders',
  },
  {
    title: 'generated docs',
    program: 'cli/main.ts',
    args: ['docs', 'check'],
    cure: 'npm run docs',
  },
];

const startedAt = performance.now();
const waiting = [...GATES];
const failed: Gate[] = [];
await Promise.all(Array.from({ length: SIDE_BY_SIDE }, passNext));
const time = durationText(performance.now() - startedAt);
if (failed.length === 0) {
  console.log(`All ${GATES.length} gates passed (${time}).`);
} else {
  console.log(`${failed.length} of ${GATES.length} gates failed (${time}):`);
  for (const { title, cure } of failed) console.log(`  ${title}: ${cure}`);
  process.exitCode = 1;
}

async function passNext(): Promise<void> {
  for (let gate = waiting.shift(); gate !== undefined; gate = waiting.shift()) await pass(gate);
}

async function pass(gate: Gate): Promise<void> {
  const gateStartedAt = performance.now();
  const { code, output } = await run(gate);
  const text = `${gate.title} (${durationText(performance.now() - gateStartedAt)})`;
  if (code === 0) {
    console.log(`✓ ${text}`);
    return;
  }
  failed.push(gate);
  console.log(`✗ ${text}\n${output.trim()}\n`);
}

/** Under this very Node, not the one that the program's first line would find. */
async function run({ program, args }: Gate): Promise<{ code: number | null; output: string }> {
  const script = program.endsWith('.ts')
    ? path.join(ROOT, program)
    : realpathSync(path.join(ROOT, 'node_modules', '.bin', program));
  const child = spawn(process.execPath, [...NODE_FLAGS, script, ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const keep = (chunk: Buffer): void => {
    output += chunk.toString('utf8');
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { code, output };
}
