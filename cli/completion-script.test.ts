import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { commandTree } from './command-tree.ts';
import type { CommandNode } from './command-tree.ts';
import { completionScript, SHELLS } from './completion-script.ts';
import { createProgram } from './program.ts';
import { tailTopicNames } from './tail/topic-names.ts';

let root: CommandNode;
let folder: string;

beforeAll(async () => {
  root = commandTree(await createProgram());
  folder = mkdtempSync(join(tmpdir(), 'sentinel-completion-'));
  // What a running product would answer to `sentinel completion --accounts`.
  writeFileSync(join(folder, 'sentinel'), '#!/bin/sh\nprintf "ACC_1\\nACC_22\\n"\n');
  chmodSync(join(folder, 'sentinel'), 0o755);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What bash offers for the last word of a line. */
function offers(...words: string[]): string[] {
  const script = completionScript('bash', root, { topic: tailTopicNames() });
  const line = words.map((word) => `'${word}'`).join(' ');
  const ask = `COMP_WORDS=(${line}); COMP_CWORD=${String(words.length - 1)}; _sentinel; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', `${script}\n${ask}`], {
    env: { PATH: `${folder}:${process.env.PATH ?? ''}` },
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  return stdout.split('\n').filter((word) => word !== '');
}

describe('in bash', () => {
  test('every command is offered', () => {
    expect(offers('sentinel', '')).toEqual(
      expect.arrayContaining(root.commands.map(({ words }) => words.join(' '))),
    );
  });
  test.each([
    ['a beginning of a command', ['completi'], ['completion']],
    ['what is below a command', ['case', 't'], ['timeline']],
    ['options', ['cases', '--min'], ['--min-deficiency']],
    ['the choices of an option', ['accounts', '--rung', 'MARG'], ['MARGIN_CALL']],
    ['the value of an option, of which nothing is known', ['accounts', '--limit', ''], []],
    ['topics', ['tail', 'margin.ca'], ['margin.calc.v1', 'margin.calls.v1']],
    ['more topics', ['tail', 'fills.v1', 'cash.v1.'], ['cash.v1.dlq']],
    ['accounts', ['case', 'show', 'ACC'], ['ACC_1', 'ACC_22']],
    ['accounts after --account', ['tail', '--account', ''], ['ACC_1', 'ACC_22']],
    ['shells', ['completion', 'z'], ['zsh']],
  ])('%s', (_, words, offered) => {
    expect(offers('sentinel', ...words)).toEqual(offered);
  });
  test('a word of the line is never run', () => {
    expect(offers('sentinel', 'tail', '$(touch pwned)', '')).toContain('fills.v1');
  });
});

test.each(SHELLS)('the script for %s names every command and its options', (shell) => {
  const script = completionScript(shell, root, { topic: tailTopicNames() });
  for (const word of ['timeline', 'min-deficiency', 'MARGIN_CALL', 'margin.calls.v1']) {
    expect(script).toContain(word);
  }
});

test('the script of bash has no slice with a name in it, which zsh would take for a modifier', () => {
  expect(completionScript('zsh', root, {})).not.toMatch(/\$\{\w+\[@\]:\d+:[A-Z]/);
});
