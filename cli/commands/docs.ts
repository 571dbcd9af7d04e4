import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Command } from 'commander';
import { commandTree, rootOf } from '../command-tree.ts';
import type { CommandNode } from '../command-tree.ts';
import { Failure } from '../failure.ts';
import { GENERATED_DOCUMENTS } from '../generated-documents.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

const HELP = `
Exit codes of check:
  0  every generated file is current    1  one is not: it is named, with the cure

Examples:
  sentinel docs generate
  sentinel docs check
`;

/** Adds `docs generate` and `docs check` to the command line. */
export function register(program: Command): void {
  const group = program
    .command('docs')
    .description('files made from the code: OpenAPI, AsyncAPI, the ladder, this reference')
    .addHelpText('after', HELP);
  group
    .command('generate')
    .description('write them')
    .action(async (_options: object, command: Command) => {
      const tree = commandTree(rootOf(command));
      for (const document of GENERATED_DOCUMENTS) {
        const file = path.join(ROOT, document.path);
        await mkdir(path.dirname(file), { recursive: true });
        await writeFile(file, await document.generate(tree));
        command.configureOutput().writeOut?.(`${document.path}\n`);
      }
    });
  group
    .command('check')
    .description('fail when one is not what the code says')
    .action(async (_options: object, command: Command) => {
      const stale = await staleDocuments(commandTree(rootOf(command)));
      if (stale.length === 0) return;
      throw new Failure(`Not current: ${stale.join(', ')}`, '`npm run docs` writes them anew.');
    });
}

/** The generated files that differ from what the code says now, or are missing. */
export async function staleDocuments(commandLine: CommandNode): Promise<string[]> {
  const stale: string[] = [];
  for (const document of GENERATED_DOCUMENTS) {
    const found = await contentOf(path.join(ROOT, document.path));
    if (found !== (await document.generate(commandLine))) stale.push(document.path);
  }
  return stale;
}

async function contentOf(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
