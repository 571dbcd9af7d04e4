import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { VenueBook } from './venue-book.ts';
import type { VenueOrder, VenueStatus } from './venue-book.ts';

const NOW = 1_795_000_000_000;
const IDS = ['O1', 'O2', 'O3', 'O4'];

function orderOf(orderId: string): VenueOrder {
  return {
    ...{ orderId, accountId: 'ACC_1', symbol: 'NVDA', side: 'SELL', qtyE4: 1_000_000, opensE4: 0 },
    ...{ limitE4: null, strategy: 'alpha', liquidation: false, writtenAt: NOW, corrId: 'C1' },
    ...{ takeUntil: NOW + 1_000, validUntil: NOW + 60_000 },
  };
}

type Change = (book: VenueBook, offset: number) => void;

const change: fc.Arbitrary<Change> = fc
  .record({
    order: fc.constantFrom(...IDS).map(orderOf),
    what: fc.constantFrom<VenueStatus | 'WORKS' | 'CANCEL'>(
      ...(['WORKS', 'WORKS', 'WORKS', 'CANCEL'] as const),
      ...(['ACCEPTED', 'PARTIALLY_FILLED', 'FILLED', 'CANCELLED'] as const),
    ),
    cumQtyE4: fc.integer({ min: 1, max: 999_999 }),
  })
  .map(({ order, what, cumQtyE4 }) => (book, offset) => {
    if (what === 'CANCEL') book.keepCancel(order, NOW);
    else if (what === 'WORKS') {
      book.keepWorking(order, book.workingOrder(order)?.offset ?? offset, NOW + offset);
    } else book.executed({ ...order, status: what, cumQtyE4 }, NOW);
  });

/** Everything that a book tells. */
function told(book: VenueBook): unknown {
  return {
    working: [...book.working()],
    first: book.oldestWorkingOffset(),
    orders: IDS.map(orderOf).map((order) => [
      ...[book.isFinished(order), book.isCancelled(order), book.progress(order)],
      book.workingOrder(order),
    ]),
  };
}

test('what was taken back never happened, whatever was before', () => {
  const changes = fc.array(change, { maxLength: 12 });
  fc.assert(
    fc.property(changes, changes, changes, (before, undone, after) => {
      const [book, plain] = [new VenueBook(), new VenueBook()];
      let offset = 0;
      for (const one of before) {
        offset += 1;
        for (const each of [book, plain]) one(each, offset);
      }
      book.mark();
      for (const one of undone) one(book, (offset += 1));
      book.takeBack();
      expect(told(book)).toEqual(told(plain));
      for (const one of after) {
        offset += 1;
        for (const each of [book, plain]) one(each, offset);
      }
      expect(told(book)).toEqual(told(plain));
    }),
  );
});
