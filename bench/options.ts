import { parseArgs } from 'node:util';
import type { Benchmark } from './benchmark.ts';
import { BENCHMARKS } from './catalog.ts';

export const USAGE = [
  'Usage: npm run bench [-- <name…> --quick --write --profile <folder>]',
  '',
  ...BENCHMARKS.map(({ name, title }) => `  ${name.padEnd(14)} ${title}`),
  '',
  '  --quick             a few minutes for everything, less exact',
  '  --write             writes docs/benchmarks.md',
  '  --profile <folder>  CPU profiles of the product’s processes, for the DevTools of a browser',
].join('\n');

export interface BenchOptions {
  readonly chosen: readonly Benchmark[];
  readonly quick: boolean;
  readonly write: boolean;
  readonly profile: string | undefined;
}

/** What the command line asks for, or what is wrong with it. */
export function optionsOf(args: readonly string[]): BenchOptions | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        quick: { type: 'boolean', default: false },
        write: { type: 'boolean', default: false },
        profile: { type: 'string' },
      },
    });
    const unknown = positionals.find((name) => !BENCHMARKS.some((known) => known.name === name));
    if (unknown !== undefined) return `there is no benchmark ${unknown}`;
    const chosen = BENCHMARKS.filter(
      ({ name }) => positionals.length === 0 || positionals.includes(name),
    );
    return { ...values, profile: values.profile, chosen };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
