import { describe, expect, test } from '@jest/globals';
import { OffsetLedger } from './offset-ledger.ts';

type Step = (ledger: OffsetLedger<string>) => void;
const waits =
  (key: string, offset: number): Step =>
  (ledger) => {
    ledger.waits(key, offset);
  };
const does =
  (what: 'sent' | 'acknowledged' | 'failed' | 'settled', key: string): Step =>
  (ledger) => {
    ledger[what](key);
  };

describe('the offset up to which everything was told', () => {
  const READ = 100;
  const cases: [string, Step[], number][] = [
    ['is what was read while nothing waits', [], READ],
    ['stops at what waits', [waits('A', 10)], 10],
    ['stops at what is being told', [waits('A', 10), does('sent', 'A')], 10],
    [
      'goes on when it is acknowledged',
      [waits('A', 10), does('sent', 'A'), does('acknowledged', 'A')],
      READ,
    ],
    [
      'stops at the oldest of several accounts, in whatever order they are acknowledged',
      [
        waits('A', 10),
        waits('B', 20),
        waits('C', 30),
        does('sent', 'B'),
        does('acknowledged', 'B'),
      ],
      10,
    ],
    ['stops at the first of what waits together', [waits('A', 10), waits('A', 15)], 10],
    [
      'acknowledging later figures settles the earlier ones that they supersede',
      [waits('A', 10), waits('A', 15), does('sent', 'A'), does('acknowledged', 'A')],
      READ,
    ],
    [
      'stops at what came while the earlier was being told',
      [waits('A', 10), does('sent', 'A'), waits('A', 15), does('acknowledged', 'A')],
      15,
    ],
    [
      'stops at the earlier one as long as it is being told',
      [waits('A', 10), does('sent', 'A'), waits('A', 15)],
      10,
    ],
    [
      'stops at what failed, also when more came meanwhile',
      [waits('A', 10), does('sent', 'A'), waits('A', 15), does('failed', 'A')],
      10,
    ],
    ['goes on when the news are none any more', [waits('A', 10), does('settled', 'A')], READ],
    [
      'is not moved by what the sweep told, which has no offset',
      [does('sent', 'A'), does('acknowledged', 'A')],
      READ,
    ],
    [
      'a failure of what the sweep told keeps what came meanwhile',
      [does('sent', 'A'), waits('A', 15), does('failed', 'A')],
      15,
    ],
  ];
  test.each(cases)('%s', (_name, steps, expected) => {
    const ledger = new OffsetLedger<string>();
    for (const step of steps) step(ledger);
    expect(ledger.position(READ)).toBe(expected);
  });
});
