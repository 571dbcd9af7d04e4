import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { gatedOrderSchema } from '#contracts/gated-orders.ts';
import type { GatedDecision } from '#contracts/gated-orders.ts';
import { orderAudit } from '#contracts/order-audit.ts';
import { decodeScope } from '#contracts/scopes.ts';
import { toE4 } from '#contracts/wire.ts';
import { AppliedControls, showControls } from '#domain/controls/applied-controls.ts';
import type { EffectiveControls } from '#domain/controls/applied-controls.ts';
import type { ControlMode, Holder } from '#domain/controls/control-state.ts';
import { Gate } from '#domain/gate/gate.ts';
import type { GatePolicy } from '#domain/gate/gate-policy.ts';
import type { NewOrder } from '#domain/gate/orders.ts';
import { E4, rate } from '#domain/money.ts';
import type { Scope } from '#domain/scopes.ts';
import type { InboundRecord } from '#ports/records.ts';
import { MARGIN_RATES } from '#test/gate/margin-rates.ts';
import { decisionRecord } from './decision-records.ts';
import { evidenceOf } from './evidence.ts';

const NOW = 1_795_000_000_000;
const QUOTED_AT = NOW - 700;
const WIDE = 1_000_000_000 * E4;
const POLICY: GatePolicy = {
  ...{ orderAgeMsMax: 5_000, orderValidMs: 1_000, orderLifeMs: 3_600_000 },
  ...{ collarRate: rate(100_000), creditRate: rate(500_000), margin: MARGIN_RATES },
  ...{ orderQtyMaxE4: WIDE, orderNotionalMaxE4: WIDE },
  ...{ restricted: new Set<string>(), hardToBorrow: new Set<string>(), nonMarginable: new Set() },
  ...{ shorting: true, locates: new Map([['XYZ', WIDE]]) },
  quotas: { firmE4: WIDE, symbolE4: WIDE, strategyE4: WIDE, alerts: [] },
};
const RECORD: InboundRecord = {
  ...{ topic: 'orders.v1', partition: 0, offset: 1, key: 'A', value: null, timestamp: NOW },
};
const ACCOUNT: Scope = { kind: 'ACCOUNT', id: 'A' };

function openGate(): Gate {
  const gate = new Gate(POLICY, {
    ...{ checksCredit: true, decidedIdsMax: 1_000, requirementE4: () => 0 },
  });
  gate.controls.fresh = true;
  return gate;
}

/** A limit order of account A in XYZ at $100. */
function order(orderId: string, side: NewOrder['side'], qty: number, symbol = 'XYZ'): NewOrder {
  return {
    ...{ type: 'NEW', orderId, ts: NOW, accountId: 'A', symbol, side },
    ...{ qtyE4: qty * E4, priceE4: 100 * E4, strategy: 'alpha' },
    ...{ liquidation: false, validUntil: null },
  };
}

/** What an account has and works, in shares and dollars, and what stands over it. */
interface Given {
  readonly position: number;
  readonly cash: number;
  readonly excess: number;
  readonly working: readonly NewOrder[];
  readonly commands: readonly (readonly [Scope, ControlMode])[];
  /** A margin case made the account close-only. */
  readonly closeOnly?: boolean;
}

const STALE_CALL: Holder = {
  ...{ name: 'stale-call', mode: { kind: 'REDUCE_ONLY' }, reason: 'past due' },
  ...{ actor: 'account-case', commandId: 'C', since: 1, epoch: null },
};

/** The decision on an order as it lies in the log, of a gate that all of this was told to. */
function decide(given: Given, one: NewOrder): GatedDecision {
  const gate = openGate();
  for (const symbol of ['XYZ', 'ABC']) gate.setPrice(symbol, 100 * E4);
  const account = gate.know('A');
  account.setPosition('XYZ', given.position * E4);
  account.excessE4 = 1_000_000 * E4;
  for (const open of given.working) gate.decide(open, NOW);
  account.cashE4 = given.cash * E4;
  account.excessE4 = given.excess * E4;
  const controls = new AppliedControls();
  const holders = given.closeOnly === true ? [STALE_CALL] : [];
  controls.takeState({
    scope: ACCOUNT,
    version: 1,
    coversOffset: -1,
    holders,
    cancelsPendingSince: null,
  });
  given.commands.forEach(([scope, mode], offset) => {
    controls.takeCommand({ scope, offset, mode });
  });
  for (const scope of [ACCOUNT, ...given.commands.map(([of]) => of)]) {
    showControls(gate.controls, scope, controls.of(scope));
  }
  const prices = { get: () => ({ priceE4: 100 * E4, at: QUOTED_AT }) };
  const accounts = { ledger: () => undefined };
  const evidence = evidenceOf({ gate, accounts, prices, controls }, one);
  const context = { epoch: 0, policy: POLICY, policyVersion: 1, now: NOW, evidence, corrId: 'C' };
  return decisionRecord(RECORD, one, gate.decide(one, NOW), context);
}

function amountE4(told: number | null): number {
  return toE4(told ?? 0);
}

/** What the audit of a decision alone says about an order, decided by another gate. */
function decideAgain(decision: GatedDecision) {
  const { details, timestamp } = JSON.parse(JSON.stringify(orderAudit(decision, 2, 'A'))) as {
    readonly details: Pick<GatedDecision, 'order' | 'evidence'>;
    readonly timestamp: string;
  };
  const { order: told, evidence } = details;
  if (told?.type !== 'NEW' || evidence === null) throw new Error('an order that was looked at');
  const gate = openGate();
  gate.setPrice(told.symbol, amountE4(evidence.price));
  const account = gate.know(told.account_id);
  account.setPosition(told.symbol, amountE4(evidence.position));
  const opposite = { orderId: 'REDUCES', symbol: told.symbol, side: told.side };
  const claim = { orderId: 'CLAIMS', symbol: 'OTHER', side: 'BUY' as const };
  const rest = { strategy: '', liquidation: false };
  if (evidence.reducing_leaves !== 0) {
    const qtyE4 = amountE4(evidence.reducing_leaves);
    account.accept({ ...opposite, ...rest, qtyE4 }, { referencePriceE4: 0, adversePriceE4: 0 });
  }
  const referencePriceE4 = amountE4(evidence.cash_claimed);
  account.accept({ ...claim, ...rest, qtyE4: E4 }, { referencePriceE4, adversePriceE4: 0 });
  account.cashE4 = evidence.cash === null ? null : toE4(evidence.cash);
  const freeE4 = amountE4(evidence.excess) - amountE4(evidence.reserved);
  account.excessE4 = freeE4 + account.reservedE4;
  for (const seen of evidence.controls) {
    const held: EffectiveControls = {
      kill: seen.kill,
      closeOnly: seen.close_only,
      purchasesWait: false,
      noNewDebitOrShort: seen.no_new_debit_or_short,
      maxRatePerSecond: seen.max_rate_per_second,
    };
    showControls(gate.controls, decodeScope(seen.scope), held);
  }
  const again: NewOrder = {
    ...order(told.order_id, told.side, told.qty, told.symbol),
    priceE4: toE4(told.price),
  };
  return gate.decide(again, Date.parse(timestamp)).verdict;
}

const BARRED: Given['commands'] = [[ACCOUNT, { kind: 'NO_NEW_DEBIT_OR_SHORT' }]];
const NOTHING: Given = { position: 0, cash: 0, excess: 1_000_000, working: [], commands: BARRED };

describe('what is audited of a decision', () => {
  test.each([
    ['a purchase that cash pays for', { cash: 1_000 }, order('O', 'BUY', 10), 'ALLOW'],
    ['a cent too dear', { cash: 999.99 }, order('O', 'BUY', 10), 'NO_NEW_DEBIT_OR_SHORT'],
    [
      'a purchase of cash that another order claims',
      { cash: 1_000, working: [order('W', 'BUY', 1, 'ABC')] },
      order('O', 'BUY', 10),
      'NO_NEW_DEBIT_OR_SHORT',
    ],
    ['a sale of what is held', { position: 10 }, order('O', 'SELL', 10), 'ALLOW'],
    [
      'a sale of what another order sells',
      { position: 10, working: [order('W', 'SELL', 1)] },
      order('O', 'SELL', 10),
      'NO_NEW_DEBIT_OR_SHORT',
    ],
  ] as const)(
    'is enough to decide it again under NO_NEW_DEBIT_OR_SHORT: %s',
    (_w, has, one, code) => {
      const decision = decide({ ...NOTHING, ...has }, one);
      expect(decision.code).toBe(code);
      expect(decideAgain(decision).code).toBe(code);
    },
  );

  test('is enough to decide it again whatever stood over the account and worked in it', () => {
    const scope = fc.constantFrom<Scope>(
      ...[{ kind: 'GLOBAL' } as const, ACCOUNT],
      ...[{ kind: 'SYMBOL', id: 'XYZ' } as const, { kind: 'STRATEGY', id: 'alpha' } as const],
    );
    const mode = fc.constantFrom<ControlMode>(
      ...[{ kind: 'BLOCK' } as const, { kind: 'REDUCE_ONLY' } as const],
    );
    const side = fc.constantFrom('BUY' as const, 'SELL' as const);
    const qty = fc.integer({ min: 1, max: 20 });
    const working = fc.tuple(side, qty, fc.constantFrom('XYZ', 'ABC'));
    const given = fc.record({
      position: fc.integer({ min: -20, max: 20 }),
      cash: fc.integer({ min: -1_000, max: 5_000 }),
      excess: fc.integer({ min: 0, max: 5_000 }),
      working: fc.array(working, { maxLength: 4 }),
      ...{ barred: fc.boolean(), closeOnly: fc.boolean() },
      kills: fc.array(fc.tuple(scope, mode), { maxLength: 1 }),
    });
    const seen = new Set<string>();
    fc.assert(
      fc.property(given, side, qty, ({ working: open, barred, kills, ...amounts }, to, shares) => {
        const decision = decide(
          {
            ...amounts,
            working: open.map(([way, many, symbol], n) =>
              order(`W${String(n)}`, way, many, symbol),
            ),
            commands: [...(barred ? BARRED : []), ...kills],
          },
          order('O', to, shares),
        );
        seen.add(decision.code);
        expect(decideAgain(decision).code).toBe(decision.code);
      }),
      { numRuns: 500 },
    );
    expect([...seen].sort()).toEqual([
      'ALLOW',
      'CLOSE_ONLY',
      'CREDIT',
      'KILLED',
      'NO_NEW_DEBIT_OR_SHORT',
    ]);
  });

  test('names the state and the command that it knew of each scope, and the time of the price', () => {
    const gate = openGate();
    gate.know('A');
    const controls = new AppliedControls();
    controls.takeState({
      scope: ACCOUNT,
      version: 7,
      coversOffset: 40,
      holders: [],
      cancelsPendingSince: null,
    });
    controls.takeCommand({ scope: ACCOUNT, offset: 41, mode: { kind: 'BLOCK' } });
    controls.takeCommand({
      scope: { kind: 'GLOBAL' },
      offset: 0,
      mode: { kind: 'THROTTLE', maxRatePerSecond: 9 },
    });
    const evidence = evidenceOf(
      {
        ...{ gate, controls, accounts: { ledger: () => undefined } },
        prices: { get: () => ({ priceE4: 100 * E4, at: QUOTED_AT }) },
      },
      order('O', 'BUY', 1),
    );
    const nothing = { kill: null, close_only: false, no_new_debit_or_short: false };
    expect(evidence).toMatchObject({ price_at: QUOTED_AT, cash: null, cash_claimed: null });
    expect(evidence?.controls).toEqual([
      {
        ...{ scope: 'GLOBAL', version: null, covers_offset: null, last_command: 0 },
        ...{ ...nothing, max_rate_per_second: 9 },
      },
      {
        ...{ scope: 'ACCOUNT:A', version: 7, covers_offset: 40, last_command: 41 },
        ...{ ...nothing, kill: 'BLOCK', max_rate_per_second: null },
      },
    ]);
  });

  test('of an earlier release is read without what it did not tell', () => {
    const { evidence, ...decision } = decide({ ...NOTHING, cash: 1_000 }, order('O', 'BUY', 1));
    const { position, reducing_leaves, excess, reserved, price, figures_version } = evidence ?? {};
    const before = { position, reducing_leaves, excess, reserved, price, figures_version };
    expect(gatedOrderSchema.parse({ ...decision, evidence: before })).toMatchObject({
      evidence: { ...before, cash: null, cash_claimed: null, price_at: null, controls: [] },
    });
  });
});
