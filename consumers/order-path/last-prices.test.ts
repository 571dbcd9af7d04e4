import { describe, expect, test } from '@jest/globals';
import type { InboundRecord } from '#ports/records.ts';
import { LastPrices } from './last-prices.ts';

const NOW = 1_795_000_000_000;

function priceRecord(price: number, quoteAt: number, changes: Partial<InboundRecord> = {}) {
  const value = Buffer.from(JSON.stringify({ symbol: 'NVDA', price, timestamp: quoteAt }));
  const record = { topic: 'prices.v1', partition: 0, offset: 0, key: 'NVDA', timestamp: NOW };
  return { ...record, value, ...changes };
}

describe('the last price of a symbol', () => {
  const cases: [string, InboundRecord[], number | null][] = [
    ['is unknown at first', [], null],
    ['is the price that came', [priceRecord(400, NOW)], 4_000_000],
    ['is the later quote', [priceRecord(400, NOW - 5), priceRecord(401, NOW)], 4_010_000],
    [
      'is not an earlier quote that came late',
      [priceRecord(400, NOW), priceRecord(401, NOW - 1)],
      4_000_000,
    ],
    [
      'is the last of two quotes of one instant',
      [priceRecord(400, NOW), priceRecord(401, NOW)],
      4_010_000,
    ],
    ['is no quote from the future', [priceRecord(400, NOW + 1_001)], null],
    ['is a quote a second ahead', [priceRecord(400, NOW + 1_000)], 4_000_000],
    ["is no quote under another symbol's key", [priceRecord(400, NOW, { key: 'TSLA' })], null],
    ['is no bad record', [priceRecord(-1, NOW), priceRecord(400, NOW, { value: null })], null],
  ];
  test.each(cases)('%s', (_name, records, expected) => {
    const prices = new LastPrices();
    const heard: string[] = [];
    prices.subscribe((symbol) => heard.push(symbol));
    prices.take(records);
    expect(prices.get('NVDA')?.priceE4 ?? null).toBe(expected);
    expect(heard.length > 0).toBe(expected !== null);
  });

  test('is not told any more to one who unsubscribed', () => {
    const prices = new LastPrices();
    const heard: string[] = [];
    const unsubscribe = prices.subscribe((symbol) => heard.push(symbol));
    unsubscribe();
    prices.take([priceRecord(400, NOW)]);
    expect(heard).toEqual([]);
  });
});
