import { describe, expect, test } from '@jest/globals';
import { GENERATED_DOCUMENTS } from '../generated-documents.ts';
import { staleDocuments } from './docs.ts';

describe('generated files', () => {
  test('are current: `npm run docs` writes them anew', async () => {
    expect(await staleDocuments()).toEqual([]);
  });
  test('come out the same each time', async () => {
    for (const { generate } of GENERATED_DOCUMENTS) {
      expect(await generate()).toBe(await generate());
    }
  });
});
