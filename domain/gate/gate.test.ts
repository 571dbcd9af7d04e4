import { MARGIN_RATES } from '#test/gate/margin-rates.ts';
import { describe, expect, test } from '@jest/globals';
import { E4, rate } from '../money.ts';
import type { Scope } from '../scopes.ts';
import { CHECKS, Gate } from './gate.ts';
import type { GatePolicy } from './gate-policy.ts';
import type { CancelOrder, NewOrder } from './orders.ts';

const NOW = 1_710_000_000_000;

const POLICY: GatePolicy = {
  orderAgeMsMax: 5_000,
  orderValidMs: 1_000,
  orderLifeMs: 3_600_000,
  collarRate: rate(100_000),
  orderQtyMaxE4: 10_000 * E4,
  orderNotionalMaxE4: 1_000_000 * E4,
  restricted: new Set(['BAD']),
  shorting: false,
  hardToBorrow: new Set(['HTB']),
  locates: new Map(),
  creditRate: rate(500_000),
  nonMarginable: new Set(['PENNY']),
  quotas: {
    firmE4: 10_000_000 * E4,
    symbolE4: 10_000_000 * E4,
    strategyE4: 10_000_000 * E4,
    alerts: [rate(500_000), rate(900_000)],
  },
  margin: MARGIN_RATES,
};

interface Given {
  readonly policy?: Partial<GatePolicy>;
  /** Shares of XYZ that account A holds. */
  readonly holds?: number;
  readonly excess?: number | null;
  readonly cash?: number | null;
  readonly requirementE4?: (positions: ReadonlyMap<string, number>) => number | null;
}

/** A gate with fresh controls, XYZ, BAD, HTB and PENNY at $100, and account A. */
function gateWith({ policy = {}, holds = 0, excess = 1_000_000, ...given }: Given = {}): Gate {
  const gate = new Gate(
    { ...POLICY, ...policy },
    {
      checksCredit: true,
      decidedIdsMax: 1_000,
      requirementE4: given.requirementE4 ?? (() => 0),
    },
  );
  gate.controls.fresh = true;
  for (const symbol of ['XYZ', 'BAD', 'HTB', 'PENNY']) gate.setPrice(symbol, 100 * E4);
  const account = gate.know('A');
  account.setPosition('XYZ', holds * E4);
  account.excessE4 = excess === null ? null : excess * E4;
  const { cash = null } = given;
  account.cashE4 = cash === null ? null : cash * E4;
  return gate;
}

let ids = 0;

/** A buy of 100 XYZ at $100 by account A, unless said otherwise. */
function order(given: Partial<Omit<NewOrder, 'qtyE4' | 'priceE4'>> & Amounts = {}): NewOrder {
  const { qty = 100, price = 100, ...rest } = given;
  ids += 1;
  return {
    type: 'NEW',
    orderId: `O${String(ids)}`,
    ts: NOW,
    accountId: 'A',
    symbol: 'XYZ',
    side: 'BUY',
    strategy: 'alpha',
    liquidation: false,
    validUntil: null,
    ...rest,
    qtyE4: qty * E4,
    priceE4: price * E4,
  };
}

interface Amounts {
  readonly qty?: number;
  readonly price?: number;
}

const sell = (given: Parameters<typeof order>[0] = {}): NewOrder =>
  order({ side: 'SELL', ...given });

function cancel(cancelOrderId: string, given: Partial<CancelOrder> = {}): CancelOrder {
  ids += 1;
  return {
    type: 'CANCEL',
    orderId: `C${String(ids)}`,
    ts: NOW,
    accountId: 'A',
    cancelOrderId,
    ...given,
  };
}

const verdictOf = (gate: Gate, given: Parameters<typeof gate.decide>[0]) =>
  gate.decide(given, NOW).verdict;

const codeOf = (gate: Gate, given: Parameters<typeof gate.decide>[0]) =>
  verdictOf(gate, given).code;

const allowed = { decision: 'ALLOW', code: 'ALLOW', observed: null, limit: null };

describe('age', () => {
  test.each([
    [0, 'ALLOW'],
    [5_000, 'ALLOW'],
    [5_001, 'EXPIRED'],
  ])('an order of %i ms: %s', (age, code) => {
    expect(codeOf(gateWith(), order({ ts: NOW - age }))).toBe(code);
  });
  test('says how old it was', () => {
    expect(verdictOf(gateWith(), order({ ts: NOW - 6_000 }))).toEqual({
      decision: 'REJECT',
      code: 'EXPIRED',
      observed: 6_000,
      limit: 5_000,
    });
  });
  test('an old cancel still lowers risk, and passes', () => {
    expect(codeOf(gateWith(), cancel('O1', { ts: 0 }))).toBe('ALLOW');
  });
});

describe('one decision per order', () => {
  test('the second of an id is a duplicate, even when the first was refused', () => {
    const gate = gateWith({ holds: 0 });
    const refused = sell({ orderId: 'TWICE' });
    expect(codeOf(gate, refused)).toBe('NO_LOCATE');
    expect(verdictOf(gate, order({ orderId: 'TWICE' }))).toMatchObject({
      decision: 'DUPLICATE',
      observed: 'TWICE',
    });
  });
  test('two accounts may name their orders alike', () => {
    const gate = gateWith();
    gate.know('B').excessE4 = 1_000_000 * E4;
    expect(codeOf(gate, order({ orderId: 'SAME' }))).toBe('ALLOW');
    expect(codeOf(gate, order({ orderId: 'SAME', accountId: 'B' }))).toBe('ALLOW');
  });
  test('a duplicate reserves nothing', () => {
    const gate = gateWith({ holds: 100 });
    expect(codeOf(gate, sell({ orderId: 'HALF', qty: 50 }))).toBe('ALLOW');
    expect(codeOf(gate, sell({ orderId: 'HALF', qty: 50 }))).toBe('DUPLICATE');
    expect(codeOf(gate, sell({ qty: 50 }))).toBe('ALLOW');
  });
});

test('whether an order is over is asked without deciding it', () => {
  const gate = gateWith({ holds: 100 });
  const slice = sell({ liquidation: true, validUntil: NOW });
  expect([gate.isOver(slice, NOW), gate.isOver(slice, NOW + 1)]).toEqual([false, true]);
  expect(gate.isOver(slice, NOW)).toBe(false);
  expect(verdictOf(gate, slice)).toEqual(allowed);
  expect(gate.isOver(slice, NOW)).toBe(true);
});

describe('control freshness: what cannot be proven is not open', () => {
  test('nothing but cancels passes on stale controls', () => {
    const gate = gateWith({ holds: 100 });
    gate.controls.fresh = false;
    const stale = { decision: 'DROP', code: 'CONTROL_STALE', observed: 'controls', limit: null };
    expect(verdictOf(gate, order())).toEqual(stale);
    expect(verdictOf(gate, sell())).toEqual(stale);
    expect(verdictOf(gate, sell({ liquidation: true }))).toEqual(stale);
    expect(verdictOf(gate, cancel('O1'))).toEqual(allowed);
  });
  test('an account of which nothing is known trades nothing', () => {
    expect(verdictOf(gateWith(), order({ accountId: 'NEW' }))).toMatchObject({
      decision: 'DROP',
      code: 'CONTROL_STALE',
      observed: 'position',
    });
  });
  test('a new gate is not fresh until it is told so', () => {
    const options = { checksCredit: true, decidedIdsMax: 1, requirementE4: () => 0 };
    expect(new Gate(POLICY, options).controls.fresh).toBe(false);
  });
});

describe('what passes which control (RULES, Close-only)', () => {
  const scope = (kind: Scope['kind']): Scope =>
    kind === 'GLOBAL'
      ? { kind }
      : { kind, id: { ACCOUNT: 'A', SYMBOL: 'XYZ', STRATEGY: 'alpha' }[kind] };
  const opening = () => order({ qty: 1 });
  const reducing = () => sell({ qty: 1 });
  const liquidation = () => sell({ qty: 1, liquidation: true, validUntil: NOW });
  type Row = [control: string, set: (gate: Gate) => void, codes: string[]];
  const kill =
    (kind: Scope['kind'], mode: 'BLOCK' | 'REDUCE_ONLY') =>
    (gate: Gate): void => {
      gate.controls.setKill(scope(kind), mode);
    };
  const no = 'KILLED';
  const yes = 'ALLOW';
  const rows: Row[] = [
    ['close-only', (gate) => gate.controls.setCloseOnly('A', true), ['CLOSE_ONLY', yes, yes, yes]],
    ['ACCOUNT kill, BLOCK', kill('ACCOUNT', 'BLOCK'), [no, no, yes, yes]],
    ['ACCOUNT kill, REDUCE_ONLY', kill('ACCOUNT', 'REDUCE_ONLY'), [no, yes, yes, yes]],
    ['STRATEGY kill, BLOCK', kill('STRATEGY', 'BLOCK'), [no, no, yes, yes]],
    ['STRATEGY kill, REDUCE_ONLY', kill('STRATEGY', 'REDUCE_ONLY'), [no, yes, yes, yes]],
    ['SYMBOL kill, BLOCK', kill('SYMBOL', 'BLOCK'), [no, no, no, yes]],
    ['SYMBOL kill, REDUCE_ONLY', kill('SYMBOL', 'REDUCE_ONLY'), [no, yes, yes, yes]],
    ['GLOBAL kill, BLOCK', kill('GLOBAL', 'BLOCK'), [no, no, no, yes]],
    ['GLOBAL kill, REDUCE_ONLY', kill('GLOBAL', 'REDUCE_ONLY'), [no, yes, yes, yes]],
  ];
  test.each(rows)('%s: open, reduce, liquidation, cancel', (_control, set, codes) => {
    const given = [opening(), reducing(), liquidation(), cancel('O1')];
    const decided = given.map((one) => {
      const gate = gateWith({ holds: 100 });
      set(gate);
      return codeOf(gate, one);
    });
    expect(decided).toEqual(codes);
  });
  test.each([
    ['another account', 'ACCOUNT', 'B'],
    ['another symbol', 'SYMBOL', 'ABC'],
    ['another strategy', 'STRATEGY', 'beta'],
  ] as const)('a kill of %s stops nobody else', (_what, kind, id) => {
    const gate = gateWith();
    gate.controls.setKill({ kind, id }, 'BLOCK');
    expect(codeOf(gate, order())).toBe('ALLOW');
  });
  test('the strictest of several kills rules, and is named', () => {
    const gate = gateWith({ holds: 100 });
    gate.controls.setKill({ kind: 'GLOBAL' }, 'REDUCE_ONLY');
    gate.controls.setKill({ kind: 'STRATEGY', id: 'alpha' }, 'BLOCK');
    expect(verdictOf(gate, sell({ qty: 1 }))).toMatchObject({
      observed: 'STRATEGY:alpha',
      limit: 'BLOCK',
    });
  });
  test('a lifted kill stops nobody', () => {
    const gate = gateWith();
    gate.controls.setKill({ kind: 'GLOBAL' }, 'BLOCK');
    gate.controls.setKill({ kind: 'GLOBAL' }, null);
    expect(codeOf(gate, order())).toBe('ALLOW');
  });
});

describe('close-only, exactly', () => {
  function closeOnly(given: Given): Gate {
    const gate = gateWith(given);
    gate.controls.setCloseOnly('A', true);
    return gate;
  }
  test.each([
    ['a long is sold in part', 500, 'SELL', 499, 'ALLOW'],
    ['a long is sold whole', 500, 'SELL', 500, 'ALLOW'],
    ['a long is sold beyond zero', 500, 'SELL', 500.0001, 'CLOSE_ONLY'],
    ['a long is added to', 500, 'BUY', 1, 'CLOSE_ONLY'],
    ['a short is bought back', -500, 'BUY', 500, 'ALLOW'],
    ['a short is bought back beyond zero', -500, 'BUY', 501, 'CLOSE_ONLY'],
    ['a short is added to', -500, 'SELL', 1, 'CLOSE_ONLY'],
    ['a flat account buys', 0, 'BUY', 1, 'CLOSE_ONLY'],
    ['a flat account sells', 0, 'SELL', 1, 'CLOSE_ONLY'],
  ] as const)('%s', (_what, holds, side, qty, code) => {
    expect(codeOf(closeOnly({ holds }), order({ side, qty }))).toBe(code);
  });
  test('what open orders already reduce counts: |q| + R ≤ |p|', () => {
    const gate = closeOnly({ holds: 500 });
    expect(codeOf(gate, sell({ qty: 200 }))).toBe('ALLOW');
    expect(verdictOf(gate, sell({ qty: 301 }))).toMatchObject({
      code: 'CLOSE_ONLY',
      observed: 501 * E4,
      limit: 500 * E4,
    });
    expect(codeOf(gate, sell({ qty: 300 }))).toBe('ALLOW');
    expect(codeOf(gate, sell({ qty: 0.0001 }))).toBe('CLOSE_ONLY');
  });
  test('an execution moves position and leaves together: no share is free twice', () => {
    const gate = closeOnly({ holds: 500 });
    gate.decide(sell({ orderId: 'HALF', qty: 500 }), NOW);
    gate.know('A').execute('XYZ', -300 * E4, 'HALF', 200 * E4);
    expect(codeOf(gate, sell({ qty: 1 }))).toBe('CLOSE_ONLY');
    gate.know('A').execute('XYZ', 0, 'HALF', 0); // the rest is cancelled
    expect(codeOf(gate, sell({ qty: 201 }))).toBe('CLOSE_ONLY');
    expect(codeOf(gate, sell({ qty: 200 }))).toBe('ALLOW');
  });
  test('a requirement that a missing price leaves unknown refuses nothing that reduces', () => {
    const gate = closeOnly({ holds: 500, requirementE4: () => null });
    expect(codeOf(gate, sell({ qty: 100 }))).toBe('ALLOW');
  });
  test('a leg of a hedge that raises the requirement of what stays is refused', () => {
    const paired = (positions: ReadonlyMap<string, number>): number =>
      Math.abs((positions.get('XYZ') ?? 0) + (positions.get('ABC') ?? 0));
    const gate = closeOnly({ holds: 500, requirementE4: paired });
    gate.know('A').setPosition('ABC', -500 * E4);
    expect(verdictOf(gate, sell({ qty: 100 }))).toMatchObject({
      code: 'RAISES_REQUIREMENT',
      observed: 100 * E4,
      limit: 0,
    });
  });
  test('a liquidation order is held to the position too', () => {
    const gate = closeOnly({ holds: 500 });
    expect(codeOf(gate, sell({ qty: 501, liquidation: true }))).toBe('CLOSE_ONLY');
    expect(codeOf(gate, sell({ qty: 500, liquidation: true }))).toBe('ALLOW');
  });
});

describe('NO_NEW_DEBIT_OR_SHORT', () => {
  function barred(given: Given): Gate {
    const gate = gateWith({
      policy: { shorting: true, locates: new Map([['XYZ', E6]]) },
      ...given,
    });
    gate.controls.setNoNewDebitOrShort('A', true);
    return gate;
  }
  const E6 = 1_000 * E4;
  test.each([
    ['a purchase from available cash', { cash: 10_000 }, order({ qty: 100 }), 'ALLOW'],
    ['a purchase beyond it', { cash: 9_999 }, order({ qty: 100 }), 'NO_NEW_DEBIT_OR_SHORT'],
    ['a purchase on unknown cash', {}, order({ qty: 1 }), 'NO_NEW_DEBIT_OR_SHORT'],
    ['a sale of what is held', { holds: 100 }, sell({ qty: 100 }), 'ALLOW'],
    ['a short sale', { holds: 100 }, sell({ qty: 101 }), 'NO_NEW_DEBIT_OR_SHORT'],
  ] as const)('%s', (_what, given, one, code) => {
    expect(codeOf(barred(given), one)).toBe(code);
  });
  test('open purchases claim the cash too', () => {
    const gate = barred({ cash: 10_000 });
    expect(codeOf(gate, order({ qty: 60 }))).toBe('ALLOW');
    expect(codeOf(gate, order({ qty: 41 }))).toBe('NO_NEW_DEBIT_OR_SHORT');
    expect(codeOf(gate, order({ qty: 40 }))).toBe('ALLOW');
  });
});

describe('throttle: at most N pass in any sliding 1,000 ms of ts', () => {
  function throttled(limit: number): Gate {
    const gate = gateWith();
    gate.controls.setThrottle({ kind: 'ACCOUNT', id: 'A' }, limit);
    return gate;
  }
  test.each([
    ['within a second', 2, [0, 400, 999], ['ALLOW', 'ALLOW', 'THROTTLE']],
    ['a second later', 2, [0, 400, 1_000], ['ALLOW', 'ALLOW', 'ALLOW']],
    ['across the edge of a clock second', 2, [900, 950, 1_100], ['ALLOW', 'ALLOW', 'THROTTLE']],
    ['the refused one does not count', 1, [0, 999, 1_000], ['ALLOW', 'THROTTLE', 'ALLOW']],
    ['an older ts that comes later', 1, [1_000, 500, 0], ['ALLOW', 'THROTTLE', 'ALLOW']],
    ['a limit of nothing', 0, [0], ['THROTTLE']],
  ])('%s', (_what, limit, at, codes) => {
    const gate = throttled(limit);
    expect(at.map((ms) => codeOf(gate, order({ qty: 1, ts: NOW - 2_000 + ms })))).toEqual(codes);
  });
  test('says how many it would have been', () => {
    const gate = throttled(1);
    gate.decide(order({ qty: 1 }), NOW);
    expect(verdictOf(gate, order({ qty: 1 }))).toEqual({
      decision: 'THROTTLE',
      code: 'THROTTLE',
      observed: 2,
      limit: 1,
    });
  });
  test('what a later check refuses does not use it up', () => {
    const gate = throttled(1);
    expect(codeOf(gate, order({ qty: 1, price: 200 }))).toBe('COLLAR');
    expect(codeOf(gate, order({ qty: 1 }))).toBe('ALLOW');
  });
});

describe('securities', () => {
  test('a restricted one is traded by nobody', () => {
    expect(codeOf(gateWith(), order({ symbol: 'BAD' }))).toBe('RESTRICTED_SECURITY');
  });
  test.each([
    ['shorting is off by default', {}, 1, 'NO_LOCATE'],
    ['located shares', { shorting: true, locates: new Map([['XYZ', 100 * E4]]) }, 100, 'ALLOW'],
    ['beyond them', { shorting: true, locates: new Map([['XYZ', 100 * E4]]) }, 101, 'NO_LOCATE'],
    ['a locate while shorting is off', { locates: new Map([['XYZ', 100 * E4]]) }, 1, 'NO_LOCATE'],
  ] as const)('a short sale: %s', (_what, policy, qty, code) => {
    expect(codeOf(gateWith({ policy }), sell({ qty }))).toBe(code);
  });
  test('a locate is used up', () => {
    const policy = { shorting: true, locates: new Map([['XYZ', 100 * E4]]) };
    const gate = gateWith({ policy });
    expect(codeOf(gate, sell({ qty: 60 }))).toBe('ALLOW');
    expect(codeOf(gate, sell({ qty: 41 }))).toBe('NO_LOCATE');
  });
  test('only what is sold beyond the position is short', () => {
    expect(codeOf(gateWith({ holds: 100 }), sell({ qty: 100 }))).toBe('ALLOW');
    expect(verdictOf(gateWith({ holds: 100 }), sell({ qty: 130 }))).toMatchObject({
      code: 'NO_LOCATE',
      observed: 30 * E4,
      limit: 0,
    });
  });
  test('hard to borrow is said before the locate is looked at', () => {
    expect(codeOf(gateWith(), sell({ symbol: 'HTB' }))).toBe('HARD_TO_BORROW');
  });
});

describe('price collar of 10 % around the last price of $100', () => {
  test.each([
    ['BUY', 110, 'ALLOW'],
    ['BUY', 110.0001, 'COLLAR'],
    ['BUY', 90, 'ALLOW'],
    ['BUY', 89.9999, 'COLLAR'],
    ['SELL', 90, 'ALLOW'],
    ['SELL', 89.9999, 'COLLAR'],
    ['SELL', 110.0001, 'COLLAR'],
  ] as const)('%s at %d: %s', (side, price, code) => {
    expect(codeOf(gateWith({ holds: 100 }), order({ side, price }))).toBe(code);
  });
  test('a symbol without a price has no collar to be within', () => {
    expect(verdictOf(gateWith(), order({ symbol: 'NEW' }))).toMatchObject({
      code: 'COLLAR',
      limit: null,
    });
  });
  test('holds for a liquidation too: a wrong price is nobody’s friend', () => {
    const one = sell({ liquidation: true, price: 80 });
    expect(codeOf(gateWith({ holds: 100 }), one)).toBe('COLLAR');
  });
});

describe('size and notional', () => {
  test.each([
    [10_000, 100, 'ALLOW'],
    [10_000.0001, 90, 'SIZE'],
    [10_000, 100.0001, 'NOTIONAL'],
  ])('%d shares at %d: %s', (qty, price, code) => {
    expect(codeOf(gateWith({ excess: 10_000_000 }), order({ qty, price }))).toBe(code);
  });
});

describe('credit: excess less what opening orders reserve', () => {
  test.each([
    ['half the value is reserved', {}, order({ qty: 100 }), 5_000],
    ['the conceded difference comes on top', {}, order({ qty: 100, price: 110 }), 6_500],
    ['a better limit concedes nothing', {}, order({ qty: 100, price: 90 }), 4_500],
    ['a non-marginable one reserves all of it', {}, order({ qty: 100, symbol: 'PENNY' }), 10_000],
    [
      'a house rate above half rules',
      { margin: { ...POLICY.margin, longMaintenanceRate: rate(750_000) } },
      order({ qty: 100 }),
      7_500,
    ],
  ] as const)('%s', (_what, policy, one, needed) => {
    expect(codeOf(gateWith({ policy, excess: needed }), { ...one, orderId: 'FITS' })).toBe('ALLOW');
    const short = gateWith({ policy, excess: needed - 0.01 });
    expect(verdictOf(short, { ...one, orderId: 'LACKS' })).toMatchObject({
      code: 'CREDIT',
      observed: needed * E4,
    });
  });
  test('each order sees the reservations of those before it', () => {
    const gate = gateWith({ excess: 5_000 });
    expect(codeOf(gate, order({ qty: 60 }))).toBe('ALLOW');
    expect(codeOf(gate, order({ qty: 41 }))).toBe('CREDIT');
    expect(codeOf(gate, order({ qty: 40 }))).toBe('ALLOW');
  });
  test('what is cancelled is free again', () => {
    const gate = gateWith({ excess: 5_000 });
    gate.decide(order({ orderId: 'ALL', qty: 100 }), NOW);
    expect(codeOf(gate, order({ qty: 1 }))).toBe('CREDIT');
    gate.know('A').execute('XYZ', 0, 'ALL', 0);
    expect(codeOf(gate, order({ qty: 100 }))).toBe('ALLOW');
  });
  test('nothing opens in a margin call, and everything reduces', () => {
    const gate = gateWith({ holds: 100, excess: -0.01 });
    expect(codeOf(gate, order({ qty: 1 }))).toBe('CREDIT');
    expect(codeOf(gate, sell({ qty: 100 }))).toBe('ALLOW');
  });
  test('nothing opens while the excess is unknown', () => {
    expect(codeOf(gateWith({ excess: null }), order({ qty: 1 }))).toBe('CREDIT');
  });
  test('an order that crosses zero reserves for what it opens', () => {
    const policy = { shorting: true, locates: new Map([['XYZ', 1_000 * E4]]) };
    expect(codeOf(gateWith({ policy, holds: 100, excess: 5_000 }), sell({ qty: 200 }))).toBe(
      'ALLOW',
    );
    expect(codeOf(gateWith({ policy, holds: 100, excess: 4_999 }), sell({ qty: 200 }))).toBe(
      'CREDIT',
    );
  });
  test('sold elsewhere, a reducing order opens, and reserves from then on', () => {
    const policy = { shorting: true, locates: new Map([['XYZ', 1_000 * E4]]) };
    const gate = gateWith({ policy, holds: 100, excess: 5_000 });
    gate.decide(sell({ qty: 100 }), NOW);
    expect(gate.know('A').reservedE4).toBe(0);
    gate.know('A').setPosition('XYZ', 0);
    expect(gate.know('A').reservedE4).toBe(5_000 * E4);
  });
});

describe('what an account may come to have', () => {
  const policy = { shorting: true, locates: new Map([['XYZ', 1_000 * E4]]) };
  test('of two reducing orders the oldest keeps the position that is left', () => {
    const gate = gateWith({ policy, holds: 100, excess: 10_000 });
    gate.decide(sell({ qty: 60 }), NOW);
    gate.decide(sell({ qty: 40, price: 90 }), NOW);
    gate.know('A').setPosition('XYZ', 60 * E4); // 40 sold elsewhere: the younger opens 40 at $90
    expect(gate.know('A').reservedE4).toBe((40 * 45 + 40 * 10) * E4);
  });
  test('a done order is forgotten, what is left of a working one stays', () => {
    const gate = gateWith();
    gate.decide(order({ orderId: 'DONE', qty: 10 }), NOW);
    gate.decide(order({ orderId: 'WORKS', qty: 10 }), NOW);
    gate.know('A').execute('XYZ', 10 * E4, 'DONE', 0);
    gate.know('A').execute('XYZ', 3 * E4, 'WORKS', 7 * E4);
    expect([...gate.know('A').openOrders()]).toMatchObject([
      { orderId: 'WORKS', leavesE4: 7 * E4 },
    ]);
    expect(gate.know('A').positionE4('XYZ')).toBe(13 * E4);
    expect(gate.know('A').reservedE4).toBe(7 * 50 * E4);
  });
  test('an execution of an order that is unknown moves the position only', () => {
    const gate = gateWith();
    gate.know('A').execute('XYZ', 5 * E4, 'ELSEWHERE', 3 * E4);
    expect(gate.know('A').positionE4('XYZ')).toBe(5 * E4);
    expect([...gate.know('A').openOrders()]).toEqual([]);
  });
});

describe('quotas', () => {
  const small = { firmE4: 30_000 * E4, symbolE4: 20_000 * E4, strategyE4: 1_000_000 * E4 };
  const quotas = { ...small, alerts: POLICY.quotas.alerts };
  test('what opens counts against firm, symbol and strategy', () => {
    const gate = gateWith({ policy: { quotas } });
    expect(codeOf(gate, order({ qty: 200 }))).toBe('ALLOW');
    expect(verdictOf(gate, order({ qty: 1 }))).toMatchObject({
      code: 'QUOTA',
      observed: 20_100 * E4,
      limit: 20_000 * E4,
    });
    expect(codeOf(gate, order({ symbol: 'PENNY', qty: 101 }))).toBe('QUOTA');
    expect(codeOf(gate, order({ symbol: 'PENNY', qty: 100 }))).toBe('ALLOW');
  });
  test('what reduces never does', () => {
    const gate = gateWith({ holds: 1_000, policy: { quotas } });
    expect(codeOf(gate, sell({ qty: 1_000 }))).toBe('ALLOW');
  });
  test('people are told once at each level', () => {
    const gate = gateWith({ policy: { quotas } });
    const told = [99, 1, 79, 1, 1].map((qty) =>
      gate
        .decide(order({ qty }), NOW)
        .alerts.map(({ scope, level }) => `${scope.kind} ${String(level.e6)}`),
    );
    expect(told).toEqual([[], ['SYMBOL 500000'], ['GLOBAL 500000'], ['SYMBOL 900000'], []]);
  });
  test('a successor that restores what passed would tell people the same', () => {
    const gate = gateWith({ policy: { quotas } });
    const next = gateWith({ policy: { quotas } });
    const other = gateWith({ policy: { quotas } });
    let told = 0;
    for (const qty of [50, 60, 50, 30]) {
      const one = order({ qty });
      const { accepted, alerts } = gate.decide(one, NOW);
      if (accepted === null) throw new Error('it was to pass');
      told += alerts.length;
      expect(next.restore(one, accepted, true)).toEqual(alerts);
      expect(other.restoreFinished(one, accepted, true)).toEqual(alerts);
    }
    expect(told).toBeGreaterThan(1);
  });
  test.each(['firmE4', 'symbolE4', 'strategyE4'] as const)(
    'are whole on a new day: %s',
    (which) => {
      const wide = 1_000_000 * E4;
      const limits = { firmE4: wide, symbolE4: wide, strategyE4: wide, [which]: 20_000 * E4 };
      const gate = gateWith({ policy: { quotas: { ...quotas, ...limits } } });
      expect(codeOf(gate, order({ qty: 200 }))).toBe('ALLOW');
      expect(codeOf(gate, order({ qty: 1 }))).toBe('QUOTA');
      gate.startDay();
      expect(codeOf(gate, order({ qty: 200 }))).toBe('ALLOW');
      expect(codeOf(gate, order({ qty: 1 }))).toBe('QUOTA');
    },
  );
});

describe('a control', () => {
  const scopes = [
    { kind: 'ACCOUNT', id: 'NEW' },
    { kind: 'SYMBOL', id: 'NEW' },
    { kind: 'STRATEGY', id: 'NEW' },
  ] as const;
  const ordering = (gate: Gate) =>
    codeOf(gate, order({ accountId: 'NEW', symbol: 'NEW', strategy: 'NEW' }));
  const meet = (gate: Gate): void => {
    gate.setPrice('NEW', 100 * E4);
    gate.know('NEW').excessE4 = 1_000_000 * E4;
  };
  test.each(scopes)('holds what the gate comes to know later: $kind', (scope) => {
    const gate = gateWith();
    gate.controls.setKill(scope, 'BLOCK');
    meet(gate);
    expect(ordering(gate)).toBe('KILLED');
    gate.controls.setKill(scope, null);
    expect(ordering(gate)).toBe('ALLOW');
  });
  test.each(scopes)('holds what has traded before: $kind', (scope) => {
    const gate = gateWith();
    meet(gate);
    expect(ordering(gate)).toBe('ALLOW');
    gate.controls.setKill(scope, 'BLOCK');
    expect(ordering(gate)).toBe('KILLED');
    gate.startDay();
    expect(ordering(gate)).toBe('KILLED');
  });
});

test('the first check that refuses decides', () => {
  // Each of these breaks one check more than the next; mended one by one they name all checks.
  const gate = gateWith({
    excess: 0,
    policy: { orderQtyMaxE4: E4, quotas: { ...POLICY.quotas, firmE4: 0 } },
  });
  gate.controls.fresh = false;
  gate.controls.setKill({ kind: 'GLOBAL' }, 'BLOCK');
  gate.controls.setCloseOnly('A', true);
  gate.controls.setNoNewDebitOrShort('A', true);
  gate.controls.setThrottle({ kind: 'GLOBAL' }, 0);
  gate.decide(order({ orderId: 'SEEN' }), NOW);
  const bad = order({ symbol: 'BAD', orderId: 'SEEN', ts: 0, price: 200, qty: 2 });
  const codes = [codeOf(gate, bad), codeOf(gate, { ...bad, ts: NOW })];
  const next = (change: () => void, symbol = 'BAD', price = 200, qty = 2): void => {
    change();
    codes.push(codeOf(gate, order({ symbol, price, qty })));
  };
  const nothing = (): void => undefined;
  next(nothing);
  next(() => (gate.controls.fresh = true));
  next(() => {
    gate.controls.setKill({ kind: 'GLOBAL' }, null);
  });
  next(() => {
    gate.controls.setCloseOnly('A', false);
  });
  next(() => {
    gate.controls.setNoNewDebitOrShort('A', false);
  });
  next(() => {
    gate.controls.setThrottle({ kind: 'GLOBAL' }, null);
  });
  next(nothing, 'XYZ');
  next(nothing, 'XYZ', 100);
  next(nothing, 'XYZ', 100, 1);
  next(() => (gate.know('A').excessE4 = 1_000 * E4), 'XYZ', 100, 1);
  expect(codes).toEqual([
    'EXPIRED',
    'DUPLICATE',
    'CONTROL_STALE',
    'KILLED',
    'CLOSE_ONLY',
    'NO_NEW_DEBIT_OR_SHORT',
    'THROTTLE',
    'RESTRICTED_SECURITY',
    'COLLAR',
    'SIZE',
    'CREDIT',
    'QUOTA',
  ]);
  expect(codes.length).toBe(CHECKS.length - 1); // a form that is wrong never gets as far
});
