import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { marketDocument } from '#demo/market-2020/document.ts';
import { firstSteps } from '#demo/market-2020/first-steps.ts';
import { readResult } from '#demo/market-2020/result-file.ts';
import { marketStage } from '#demo/market-2020/stage.ts';

const DOCS = new URL('../docs/', import.meta.url);

describe('docs/market-2020.md', () => {
  it('says what the recorded run gave', async () => {
    const result = await readResult(new URL('market-2020.json', DOCS));
    const page = await readFile(new URL('market-2020.md', DOCS), 'utf8');
    expect(page).toBe(marketDocument(result));
  });

  it('rests on a run of the real closes and of the book that the seed gives', async () => {
    const { days, accounts } = await readResult(new URL('market-2020.json', DOCS));
    const { index, closes, book } = marketStage();
    expect(days.map(({ date, index: close }) => ({ date, close }))).toEqual(index);
    const known = accounts.map(({ accountId, style, deposit }) => ({ accountId, style, deposit }));
    expect(known).toEqual(
      book.map(({ accountId, style, deposit }) => ({ accountId, style, deposit })),
    );
    for (const [at, account] of book.entries()) {
      const expected = firstSteps(account, closes);
      if (expected === null) continue;
      const calledOn = expected.calledOn === null ? null : index[expected.calledOn]?.date;
      expect({ [account.accountId]: accounts[at]?.calledOn }).toEqual({
        [account.accountId]: calledOn,
      });
    }
  });
});
