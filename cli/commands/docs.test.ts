import { describe, expect, test } from '@jest/globals';
import { commandTree } from '../command-tree.ts';
import { GENERATED_DOCUMENTS } from '../generated-documents.ts';
import { createProgram } from '../program.ts';
import { staleDocuments } from './docs.ts';

describe('generated files', () => {
  test('are current: `npm run docs` writes them anew', async () => {
    const tree = commandTree(await createProgram());
    expect(await staleDocuments(tree)).toEqual([]);
  });
  test('come out the same each time', async () => {
    const tree = commandTree(await createProgram());
    for (const { generate } of GENERATED_DOCUMENTS) {
      expect(await generate(tree)).toBe(await generate(tree));
    }
  });
});
