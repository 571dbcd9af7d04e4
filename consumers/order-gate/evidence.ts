import { figuresVersionString } from '#contracts/figures-version.ts';
import type { ControlSeen, OrderEvidence } from '#contracts/gated-orders.ts';
import { fromE4 } from '#contracts/wire.ts';
import type { SeenControls } from '#domain/controls/applied-controls.ts';
import type { Gate } from '#domain/gate/gate.ts';
import type { LastPrice } from '#domain/gate/last-price.ts';
import type { NewOrder, Order } from '#domain/gate/orders.ts';
import { scopeName } from '#domain/scopes.ts';
import type { Scope } from '#domain/scopes.ts';
import type { Accounts } from './accounts.ts';

/** Where the gate looks when it decides. */
export interface EvidenceSources {
  readonly gate: Gate;
  readonly accounts: Pick<Accounts, 'ledger'>;
  readonly prices: { get(symbol: string): LastPrice | null };
  readonly controls: { seen(scope: Scope): SeenControls | null };
}

/**
 * What the gate has before it when it looks at an order (DESIGN 24); null for a cancel, where it looks at
 * nothing. Ask before it decides: an order that is accepted is among the open ones.
 */
export function evidenceOf(sources: EvidenceSources, order: Order): OrderEvidence | null {
  if (order.type === 'CANCEL') return null;
  const { gate, accounts, prices, controls } = sources;
  const version = accounts.ledger(order.accountId)?.version ?? null;
  return {
    ...accountSeen(gate, order),
    price: dollars(gate.priceE4(order.symbol)),
    price_at: prices.get(order.symbol)?.at ?? null,
    figures_version: version === null ? null : figuresVersionString(version),
    controls: scopesOf(order).flatMap((scope) => {
      const seen = controls.seen(scope);
      return seen === null ? [] : [controlSeen(scope, seen)];
    }),
  };
}

type AccountSeen = Pick<
  OrderEvidence,
  'position' | 'reducing_leaves' | 'excess' | 'reserved' | 'cash' | 'cash_claimed'
>;

const UNKNOWN: AccountSeen = {
  ...{ position: null, reducing_leaves: null, excess: null, reserved: null },
  ...{ cash: null, cash_claimed: null },
};

function accountSeen(gate: Gate, order: NewOrder): AccountSeen {
  const exposure = gate.exposure(order.accountId);
  if (exposure?.isKnown !== true) return UNKNOWN;
  const effect = exposure.effectOf(order.symbol, order.side, order.qtyE4);
  // Nothing else asks for the claims, and to sum them up takes every open order of the account.
  const asksForCash = gate.controls.over(order).noNewDebitOrShort;
  return {
    position: fromE4(effect.positionE4),
    reducing_leaves: fromE4(effect.reducingLeavesE4),
    excess: dollars(exposure.excessE4),
    reserved: fromE4(exposure.reservedE4 + exposure.unsettledE4),
    cash: dollars(exposure.cashE4),
    cash_claimed: asksForCash ? fromE4(exposure.buyLeavesNotionalE4()) : null,
  };
}

function scopesOf({ accountId, symbol, strategy }: NewOrder): readonly Scope[] {
  return [
    { kind: 'GLOBAL' },
    { kind: 'ACCOUNT', id: accountId },
    { kind: 'SYMBOL', id: symbol },
    { kind: 'STRATEGY', id: strategy },
  ];
}

function controlSeen(scope: Scope, seen: SeenControls): ControlSeen {
  const { kill, closeOnly, noNewDebitOrShort, maxRatePerSecond } = seen.effective;
  return {
    scope: scopeName(scope),
    version: told(seen.version),
    covers_offset: told(seen.coversOffset),
    last_command: told(seen.lastCommand),
    kill,
    close_only: closeOnly,
    no_new_debit_or_short: noNewDebitOrShort,
    max_rate_per_second: maxRatePerSecond,
  };
}

/** −1 stands for none. */
function told(place: number): number | null {
  return place < 0 ? null : place;
}

function dollars(amountE4: number | null): number | null {
  return amountE4 === null ? null : fromE4(amountE4);
}
