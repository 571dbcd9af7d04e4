import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';

/** Every mistake of docs/known-mistakes.md names tests, and these are there. */

const DOCUMENT = path.join(import.meta.dirname, '..', 'docs', 'known-mistakes.md');

interface Mistake {
  readonly mistake: string;
  readonly tests: readonly { readonly name: string; readonly file: string }[];
}

/** The rows of the document's tables, without their headings. */
function mistakes(): Mistake[] {
  const rows = readFileSync(DOCUMENT, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('|') && !/^\|[\s|-]*$/.test(line))
    .map((line) => line.split('|').map((cell) => cell.trim()));
  return rows
    .filter(([, first]) => first !== 'the mistake')
    .map(([, mistake = '', , shown = '']) => ({
      mistake,
      tests: [...shown.matchAll(/\[([^\]]+)\]\(([^)]+)\)/g)].map(([, name = '', file = '']) => ({
        name,
        file: path.join(path.dirname(DOCUMENT), file),
      })),
    }));
}

/** Is there a test or a group of tests of that name that is not skipped? */
function isThere(file: string, name: string): boolean {
  if (!existsSync(file)) return false;
  const text = readFileSync(file, 'utf8');
  const at = text.indexOf(`'${name}'`);
  return at > 0 && /\b(?:test|it|describe)\($/.test(text.slice(0, at).trimEnd());
}

describe('the mistakes of the reference systems', () => {
  test('are all of those that were found', () => {
    expect(mistakes()).toHaveLength(19);
  });

  test.each(mistakes())('$mistake: has tests that are there', ({ tests }) => {
    expect(tests).not.toEqual([]);
    expect(tests.filter(({ file, name }) => !isThere(file, name))).toEqual([]);
  });
});
