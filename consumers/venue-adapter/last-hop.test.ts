import { describe, expect, test } from '@jest/globals';
import { NOTHING_HELD } from '#domain/controls/applied-controls.ts';
import type { EffectiveControls } from '#domain/controls/applied-controls.ts';
import { scopeName } from '#domain/scopes.ts';
import type { Scope } from '#domain/scopes.ts';
import { lastHop, standingAgainst } from './last-hop.ts';
import type { VenueOrder } from './venue-book.ts';

const OPENS: VenueOrder = {
  orderId: 'O1',
  accountId: 'ACC_1',
  symbol: 'NVDA',
  side: 'BUY',
  qtyE4: 100_000,
  opensE4: 100_000,
  limitE4: 4_000_000,
  strategy: 'alpha',
  liquidation: false,
  writtenAt: 0,
  takeUntil: 1_000,
  validUntil: 60_000,
  corrId: 'C1',
};
const REDUCES: VenueOrder = { ...OPENS, side: 'SELL', opensE4: 0 };
const CROSSES: VenueOrder = { ...REDUCES, opensE4: 1 };
const LIQUIDATES: VenueOrder = { ...REDUCES, liquidation: true, limitE4: null };

const BLOCK: Partial<EffectiveControls> = { kill: 'BLOCK' };
const REDUCE_ONLY: Partial<EffectiveControls> = { kill: 'REDUCE_ONLY' };
const CASH_ONLY: Partial<EffectiveControls> = { noNewDebitOrShort: true };
const CLOSE_ONLY: Partial<EffectiveControls> = { closeOnly: true };

function controls(held: Readonly<Record<string, Partial<EffectiveControls>>>) {
  return { of: (scope: Scope) => ({ ...NOTHING_HELD, ...held[scopeName(scope)] }) };
}

describe('which control stops an order at the last hop', () => {
  const cases: [string, VenueOrder, Record<string, Partial<EffectiveControls>>, string | null][] = [
    ['nothing held', OPENS, {}, null],
    ['a throttle stops nothing here', OPENS, { GLOBAL: { maxRatePerSecond: 0 } }, null],
    ['another account’s kill', OPENS, { 'ACCOUNT:ACC_2': BLOCK }, null],
    ...['GLOBAL', 'SYMBOL:NVDA', 'ACCOUNT:ACC_1', 'STRATEGY:alpha'].flatMap(
      (
        scope,
      ): [string, VenueOrder, Record<string, Partial<EffectiveControls>>, string | null][] => [
        [`${scope} blocked: what opens`, OPENS, { [scope]: BLOCK }, scope],
        [`${scope} blocked: what reduces`, REDUCES, { [scope]: BLOCK }, scope],
        [`${scope} reduce-only: what opens`, OPENS, { [scope]: REDUCE_ONLY }, scope],
        [`${scope} reduce-only: what crosses zero`, CROSSES, { [scope]: REDUCE_ONLY }, scope],
        [`${scope} reduce-only: what reduces`, REDUCES, { [scope]: REDUCE_ONLY }, null],
        [`${scope} reduce-only: a liquidation`, LIQUIDATES, { [scope]: REDUCE_ONLY }, null],
      ],
    ),
    ['close-only: what opens', OPENS, { 'ACCOUNT:ACC_1': CLOSE_ONLY }, 'ACCOUNT:ACC_1'],
    ['close-only: what reduces', REDUCES, { 'ACCOUNT:ACC_1': CLOSE_ONLY }, null],
    ['close-only: a liquidation', LIQUIDATES, { 'ACCOUNT:ACC_1': CLOSE_ONLY }, null],
    ['no new short: what sells short', CROSSES, { 'ACCOUNT:ACC_1': CASH_ONLY }, 'ACCOUNT:ACC_1'],
    ['no new short: what sells what is held', REDUCES, { 'ACCOUNT:ACC_1': CASH_ONLY }, null],
    ['no new debit: cash is for the gate to judge', OPENS, { 'ACCOUNT:ACC_1': CASH_ONLY }, null],
    ['no new short: a liquidation', LIQUIDATES, { 'ACCOUNT:ACC_1': CASH_ONLY }, null],
    ['a liquidation under a firm’s kill', LIQUIDATES, { GLOBAL: BLOCK }, 'GLOBAL'],
    ['a liquidation under a symbol’s kill', LIQUIDATES, { 'SYMBOL:NVDA': BLOCK }, 'SYMBOL:NVDA'],
    ['a liquidation under its account’s kill', LIQUIDATES, { 'ACCOUNT:ACC_1': BLOCK }, null],
    [
      'the strictest before the widest',
      OPENS,
      { GLOBAL: REDUCE_ONLY, 'ACCOUNT:ACC_1': BLOCK },
      'ACCOUNT:ACC_1',
    ],
  ];
  test.each(cases)('%s', (_what, order, held, expected) => {
    expect(standingAgainst(order, controls(held))?.scope ?? null).toBe(expected);
  });

  const waiting: Partial<EffectiveControls> = { ...CASH_ONLY, purchasesWait: true };
  const judged: [string, VenueOrder, Record<string, Partial<EffectiveControls>>, string][] = [
    ['what buys', OPENS, { 'ACCOUNT:ACC_1': waiting }, 'WAITS'],
    ['what covers', { ...OPENS, opensE4: 0 }, { 'ACCOUNT:ACC_1': waiting }, 'WAITS'],
    ['not what sells what is held', REDUCES, { 'ACCOUNT:ACC_1': waiting }, 'OPEN'],
    ['what sells short ends', CROSSES, { 'ACCOUNT:ACC_1': waiting }, 'STOPPED'],
    ['no liquidation', { ...LIQUIDATES, side: 'BUY' }, { 'ACCOUNT:ACC_1': waiting }, 'OPEN'],
    ['not another account’s', OPENS, { 'ACCOUNT:ACC_2': waiting }, 'OPEN'],
    ['nothing when the gate has judged', OPENS, { 'ACCOUNT:ACC_1': CASH_ONLY }, 'OPEN'],
  ];
  test.each(judged)('until the gate has judged the cash it waits: %s', (_what, order, held, is) => {
    expect(lastHop(order, controls(held), true).is).toBe(is);
  });

  test('it stops an order whether or not the controls are proved; without one the proof decides', () => {
    const stopped = { is: 'STOPPED', why: 'kill switch of GLOBAL is reduce-only' };
    for (const open of [true, false]) {
      expect(lastHop(OPENS, controls({ GLOBAL: REDUCE_ONLY }), open)).toEqual(stopped);
    }
    expect(lastHop(OPENS, controls({}), true)).toEqual({ is: 'OPEN' });
    expect(lastHop(OPENS, controls({}), false)).toEqual({ is: 'UNPROVED' });
  });
});
