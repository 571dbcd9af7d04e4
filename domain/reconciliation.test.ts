import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CASH_ITEM, Reconciliation } from './reconciliation.ts';

test('lots add up, and what only one side has is a break', () => {
  const reconciliation = new Reconciliation();
  reconciliation.addBooks('ANN', 'NVDA', 100);
  reconciliation.addBooks('ANN', CASH_ITEM, -5);
  reconciliation.addBooks('BEN', 'F', 7);
  reconciliation.addRow('ANN', 'NVDA', 40);
  reconciliation.addRow('ANN', 'NVDA', 60);
  reconciliation.addRow('ANN', CASH_ITEM, -4);
  reconciliation.addRow('CAT', 'AMD', 1);
  expect(reconciliation.breaks()).toEqual([
    { accountId: 'ANN', item: CASH_ITEM, fileE4: -4, booksE4: -5 },
    { accountId: 'BEN', item: 'F', fileE4: 0, booksE4: 7 },
    { accountId: 'CAT', item: 'AMD', fileE4: 1, booksE4: 0 },
  ]);
});

const row = fc.tuple(
  fc.constantFrom('ANN', 'BEN'),
  fc.constantFrom('NVDA', 'F', CASH_ITEM),
  fc.integer({ min: -9, max: 9 }),
);

test('books against themselves in any order have no break; one unit more has one', () => {
  fc.assert(
    fc.property(fc.array(row), fc.integer(), (rows, seed) => {
      const reconciliation = new Reconciliation();
      for (const [account, item, qty] of rows) reconciliation.addBooks(account, item, qty);
      const shuffled = rows.toSorted(([a, b, c], [d, e, f]) =>
        `${a}${b}${c ^ seed}`.localeCompare(`${d}${e}${f ^ seed}`),
      );
      for (const [account, item, qty] of shuffled) reconciliation.addRow(account, item, qty);
      expect(reconciliation.breaks()).toEqual([]);
      reconciliation.addRow('ANN', 'NVDA', 1);
      expect(reconciliation.breaks()).toHaveLength(1);
    }),
  );
});
