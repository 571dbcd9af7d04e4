import { addE4, E4, mulDivUp, shareUpE4 } from '../money.ts';
import { scopeName } from '../scopes.ts';
import { ControlView } from './control-view.ts';
import type { ControlsOver, ScopeControls, StandingKill, ThrottleExcess } from './control-view.ts';
import { DecidedIds } from './decided-ids.ts';
import { AccountExposure } from './exposure.ts';
import { ExposureBook } from './exposure-book.ts';
import type { Effect } from './exposure-book.ts';
import type { GatePolicy } from './gate-policy.ts';
import { NO_NUMBER, Names } from './names.ts';
import type { Reservation } from './open-order.ts';
import type { NewOrder, Order } from './orders.ts';
import { NO_ALERTS, Quotas } from './quotas.ts';
import type { QuotaAlert } from './quotas.ts';
import { Securities } from './securities.ts';
import type { Security } from './securities.ts';
import { Strategies } from './strategies.ts';
import type { Strategy } from './strategies.ts';
import { ALLOW, drop, reject } from './verdict.ts';
import type { Refusal, Verdict } from './verdict.ts';

/** The checks of the gate in the order in which they are made; the first that refuses decides. */
export const CHECKS = [
  'schema',
  'age',
  'duplicate',
  'control freshness',
  'kill',
  'close-only',
  'no new debit or short',
  'throttle',
  'restricted, hard to borrow, locate',
  'price collar',
  'size and notional',
  'credit',
  'quotas',
] as const;

/** Is credit checked? A gate always does; a scenario without accounts cannot (`sentinel gate decide`). */
export interface GateOptions {
  readonly checksCredit: boolean;
  /** Ids of decided orders that are remembered at least. */
  readonly decidedIdsMax: number;
  /** Decides where their hashes lie; one that nobody knows keeps ids from being chosen to collide. */
  readonly hashSeed?: number;
  /**
   * The maintenance requirement of positions at the last prices, null while one has no price. Decides
   * whether a reducing order is the leg of a hedge (RAISES_REQUIREMENT).
   */
  readonly requirementE4: (positions: ReadonlyMap<string, number>) => number | null;
}

/** One order's decision, and what it told people of on the way. */
export interface GateDecision {
  readonly verdict: Verdict;
  readonly alerts: readonly QuotaAlert[];
  /** Of an allowed NEW order what a successor of this gate must know of it; else null. */
  readonly accepted: Accepted | null;
}

/** What an allowed order took. */
export interface Accepted {
  /** How much of it opened, 1/10,000 share. */
  readonly opensE4: number;
  /** By how much its limit is worse than the last price was, 1/10,000 dollar. */
  readonly adversePriceE4: number;
}

/**
 * The market-access gate of one partition (SEC 15c3-5(c); RULES, Market access): every order gets
 * exactly one verdict, and what an allowed order may do is reserved before the next is looked at.
 * Holds controls, exposures, prices and quotas; its owner feeds them. No clock: `now` is passed in, ms.
 */
export class Gate {
  readonly controls: ControlView;
  /** While false no excess counts, and nothing opens: the engine that tells it may have died. */
  figuresFresh = true;
  readonly #policy: GatePolicy;
  readonly #options: GateOptions;
  readonly #accounts: Names;
  /** By the account's number. */
  readonly #exposures: AccountExposure[] = [];
  readonly #accountControls: ScopeControls[] = [];
  readonly #book: ExposureBook;
  readonly #quotas: Quotas;
  readonly #securities: Securities;
  readonly #strategies: Strategies;
  readonly #decided: DecidedIds;

  constructor(policy: GatePolicy, options: GateOptions) {
    this.#policy = policy;
    this.#options = options;
    this.controls = new ControlView(policy.orderAgeMsMax, (controls) => {
      this.#followAccount(controls);
    });
    const { decidedIdsMax, hashSeed = 0 } = options;
    this.#accounts = new Names(hashSeed);
    this.#book = new ExposureBook(policy, hashSeed);
    this.#quotas = new Quotas(policy.quotas);
    this.#securities = new Securities(policy, this.controls, this.#quotas, this.#book.symbols);
    this.#strategies = new Strategies(this.controls, this.#quotas);
    this.#decided = new DecidedIds(decidedIdsMax, hashSeed);
  }

  /** The account's exposure, or undefined while nothing is known of it: then it may only cancel. */
  exposure(accountId: string): AccountExposure | undefined {
    const account = this.#accounts.find(accountId);
    return account === NO_NUMBER ? undefined : this.#exposures[account];
  }

  /** Begins to know an account: flat until told otherwise. */
  know(accountId: string): AccountExposure {
    const known = this.exposure(accountId);
    if (known !== undefined) return known;
    this.#accounts.add(accountId);
    const exposure = new AccountExposure(this.#policy, this.#book);
    this.#exposures.push(exposure);
    this.#accountControls.push(this.controls.ofAccount(accountId));
    return exposure;
  }

  /** An account that is known is held for the first time. */
  #followAccount(controls: ScopeControls): void {
    if (controls.scope.kind !== 'ACCOUNT') return;
    const account = this.#accounts.find(controls.scope.id);
    if (account !== NO_NUMBER) this.#accountControls[account] = controls;
  }

  setPrice(symbol: string, priceE4: number): void {
    this.#securities.know(symbol).priceE4 = priceE4;
  }

  /** An order that was decided before this gate began, by its id. */
  remember(accountId: string, orderId: string): void {
    this.#decided.add(accountId, orderId);
  }

  /**
   * An order that an earlier owner allowed, told again in the order of the decisions: reserves what may
   * still execute. `today`: it was allowed on this day, and counts for the day's quotas and locates.
   * Returns what the decision told people of, as it did.
   */
  restore(
    order: NewOrder,
    { opensE4, adversePriceE4 }: Accepted,
    today: boolean,
  ): readonly QuotaAlert[] {
    this.remember(order.accountId, order.orderId);
    const reservation = { referencePriceE4: order.priceE4, adversePriceE4 };
    this.know(order.accountId).accept(order, reservation);
    return this.#countPassed(order, opensE4, today);
  }

  /** One of which nothing can execute any more: it still counts for throttles and the day's limits. */
  restoreFinished(order: NewOrder, { opensE4 }: Accepted, today: boolean): readonly QuotaAlert[] {
    this.remember(order.accountId, order.orderId);
    return this.#countPassed(order, opensE4, today);
  }

  #countPassed(order: NewOrder, opensE4: number, today: boolean): readonly QuotaAlert[] {
    if (order.liquidation) return NO_ALERTS;
    this.controls.over(order).passed(order.ts);
    if (!today) return NO_ALERTS;
    const security = this.#securities.know(order.symbol);
    return this.#count(order, opensE4, security, this.#strategies.know(order.strategy));
  }

  /** A new trading day: quotas and locates are whole again. */
  startDay(): void {
    this.#quotas.startDay();
    this.#securities.startDay();
    this.#strategies.startDay();
  }

  priceE4(symbol: string): number | null {
    return this.#securities.of(symbol).priceE4;
  }

  /** Is it too old or decided already, so that nothing can make it pass? Remembers nothing of it. */
  isOver(order: NewOrder, now: number): boolean {
    return (
      expiryOf(order, now, this.#policy) !== null ||
      this.#decided.has(order.accountId, order.orderId)
    );
  }

  /** Decides an order that arrived at `now` and reserves what it may do if it is allowed. */
  decide(order: Order, now: number): GateDecision {
    const expired = expiryOf(order, now, this.#policy);
    if (expired !== null) return refused(expired);
    if (!this.#decided.add(order.accountId, order.orderId)) {
      return refused({
        decision: 'DUPLICATE',
        code: 'DUPLICATE',
        observed: order.orderId,
        limit: null,
      });
    }
    if (order.type === 'CANCEL') return ALLOWED;
    if (!this.controls.fresh) return refused(drop('CONTROL_STALE', 'controls', null));
    const account = this.#accounts.find(order.accountId);
    if (account === NO_NUMBER || !this.#book.isKnown(account)) {
      return refused(drop('CONTROL_STALE', 'position', null));
    }
    const met = this.#meet(order, account);
    const refusal = order.liquidation
      ? this.#refusalOfLiquidation(order, met)
      : this.#refusalOf(order, met);
    return refusal === null ? this.#accept(order, met) : refused(refusal);
  }

  #meet(order: NewOrder, account: number): Met {
    const security = this.#securities.of(order.symbol);
    const strategy = this.#strategies.of(order.strategy);
    const effect = this.#book.effectOf(account, security.number, order.side, order.qtyE4);
    const controls = this.#accountControls[account] ?? this.controls.ofAccount(order.accountId);
    const over = this.controls.overThese(controls, security.controls, strategy.controls);
    return { account, effect, security, strategy, over };
  }

  #refusalOf(order: NewOrder, met: Met): Refusal | null {
    const { effect, over } = met;
    const kill = over.kill();
    const held = kill !== null || over.closeOnly;
    return (
      killed(kill, effect) ??
      (held ? this.#closeOnly(order, met) : null) ??
      (over.noNewDebitOrShort ? this.#newDebitOrShort(order, met) : null) ??
      throttled(over.throttle(order.ts)) ??
      barred(order, met) ??
      this.#collar(order, met) ??
      this.#size(order) ??
      this.#credit(order, met) ??
      this.#quota(order, met)
    );
  }

  /** A firm's own liquidation passes account and strategy kills, never more than the position. */
  #refusalOfLiquidation(order: NewOrder, met: Met): Refusal | null {
    const kill = this.controls.wideBlockOf(order);
    return (
      killed(kill, met.effect) ?? beyondPosition(order, met.effect) ?? this.#collar(order, met)
    );
  }

  /** Close-only; a kill that lets reducing orders pass holds them to the same rule. */
  #closeOnly(order: NewOrder, { account, effect }: Met): Refusal | null {
    return beyondPosition(order, effect) ?? this.#raisesRequirement(order, account);
  }

  /**
   * One leg of a hedge may reduce its position and raise the requirement of what stays. Where a price is
   * missing the requirement is not known, and that refuses nothing: to reduce is what close-only is for.
   */
  #raisesRequirement(order: NewOrder, account: number): Refusal | null {
    const positions = this.#book.positionsOf(account);
    const before = this.#options.requirementE4(positions);
    const heldE4 = positions.get(order.symbol) ?? 0;
    positions.set(order.symbol, heldE4 - Math.sign(heldE4) * order.qtyE4);
    const after = this.#options.requirementE4(positions);
    if (before === null || after === null || after <= before) return null;
    return reject('RAISES_REQUIREMENT', after, before);
  }

  /** What available cash does not pay for, and what would sell more than is held. */
  #newDebitOrShort(order: NewOrder, { account, effect }: Met): Refusal | null {
    if (order.side === 'SELL') {
      if (effect.opensE4 === 0) return null;
      return reject('NO_NEW_DEBIT_OR_SHORT', effect.opensE4, 0);
    }
    const costE4 = mulDivUp(order.qtyE4, order.priceE4, E4);
    const claimedE4 = addE4(this.#book.buyLeavesNotionalE4(account), costE4);
    const cashE4 = this.#book.cashE4(account);
    if (cashE4 !== null && claimedE4 <= cashE4) return null;
    return reject('NO_NEW_DEBIT_OR_SHORT', claimedE4, cashE4);
  }

  #collar({ priceE4 }: NewOrder, { security }: Met): Refusal | null {
    const lastE4 = security.priceE4;
    if (lastE4 === null) return reject('COLLAR', priceE4, null);
    const widthE4 = shareUpE4(lastE4, this.#policy.collarRate);
    if (priceE4 > lastE4 + widthE4) return reject('COLLAR', priceE4, lastE4 + widthE4);
    if (priceE4 < lastE4 - widthE4) return reject('COLLAR', priceE4, lastE4 - widthE4);
    return null;
  }

  #size(order: NewOrder): Refusal | null {
    const { orderQtyMaxE4, orderNotionalMaxE4 } = this.#policy;
    if (order.qtyE4 > orderQtyMaxE4) return reject('SIZE', order.qtyE4, orderQtyMaxE4);
    const notionalE4 = mulDivUp(order.qtyE4, order.priceE4, E4);
    return notionalE4 > orderNotionalMaxE4
      ? reject('NOTIONAL', notionalE4, orderNotionalMaxE4)
      : null;
  }

  #credit(order: NewOrder, { account, effect, security }: Met): Refusal | null {
    const { opensE4 } = effect;
    if (!this.#options.checksCredit || opensE4 === 0) return null;
    const excessE4 = this.#book.excessE4(account);
    if (excessE4 === null || !this.figuresFresh) return reject('CREDIT', null, null);
    const reservation = reservationOf(order, security);
    const ownE4 = this.#book.reserveE4(order.symbol, order.side, opensE4, reservation);
    const neededE4 = addE4(this.#book.heldBackE4(account), ownE4);
    return neededE4 > excessE4 ? reject('CREDIT', neededE4, excessE4) : null;
  }

  #quota(order: NewOrder, { effect, security, strategy }: Met): Refusal | null {
    if (effect.opensE4 === 0) return null;
    const notionalE4 = mulDivUp(effect.opensE4, order.priceE4, E4);
    const breach = this.#quotas.breachOf(security.used, strategy.used, notionalE4);
    return breach === null ? null : reject('QUOTA', breach.usedE4, breach.limitE4);
  }

  #accept(order: NewOrder, { account, effect, security, strategy, over }: Met): GateDecision {
    const { opensE4 } = effect;
    const reservation = reservationOf(order, security);
    this.#book.accept(account, security.number, order, reservation);
    const accepted = { opensE4, adversePriceE4: reservation.adversePriceE4 };
    if (order.liquidation) return { verdict: ALLOW, alerts: NO_ALERTS, accepted };
    over.passed(order.ts);
    const kept = strategy.isKept ? strategy : this.#strategies.know(order.strategy);
    return { verdict: ALLOW, alerts: this.#count(order, opensE4, security, kept), accepted };
  }

  /** What opens uses up the day's locates and quotas. Both are kept by now. */
  #count(
    { symbol, side, priceE4 }: NewOrder,
    opensE4: number,
    security: Readonly<Security>,
    strategy: Strategy,
  ): readonly QuotaAlert[] {
    if (opensE4 === 0) return NO_ALERTS;
    if (side === 'SELL') {
      const sold = this.#securities.know(symbol);
      sold.shortedE4 = addE4(sold.shortedE4, opensE4);
    }
    const notionalE4 = mulDivUp(opensE4, priceE4, E4);
    return this.#quotas.use(security.used, strategy.used, notionalE4);
  }
}

/** What an order meets: looked up once, asked by each check. */
interface Met {
  /** Its number in the book. */
  readonly account: number;
  readonly effect: Effect;
  readonly security: Readonly<Security>;
  readonly strategy: Strategy;
  readonly over: ControlsOver;
}

const ALLOWED: GateDecision = { verdict: ALLOW, alerts: NO_ALERTS, accepted: null };

function refused(verdict: Refusal): GateDecision {
  return { verdict, alerts: NO_ALERTS, accepted: null };
}

/**
 * A customer's order is too old above the policy's age; a liquidation order when its own validity has
 * ended; a cancel never (DESIGN 18).
 */
function expiryOf(order: Order, now: number, { orderAgeMsMax }: GatePolicy): Refusal | null {
  if (order.type === 'CANCEL') return null;
  if (order.validUntil !== null) {
    return now > order.validUntil ? reject('EXPIRED', now, order.validUntil) : null;
  }
  const ageMs = now - order.ts;
  return ageMs > orderAgeMsMax ? reject('EXPIRED', ageMs, orderAgeMsMax) : null;
}

function killed(kill: StandingKill | null, { opensE4 }: Effect): Refusal | null {
  if (kill === null || (kill.mode === 'REDUCE_ONLY' && opensE4 === 0)) return null;
  return drop('KILLED', scopeName(kill.scope), kill.mode);
}

function throttled(over: ThrottleExcess | null): Refusal | null {
  if (over === null) return null;
  return { decision: 'THROTTLE', code: 'THROTTLE', observed: over.count, limit: over.limit };
}

/** Nobody trades a restricted security; a short sale needs shares that were located. */
function barred(order: NewOrder, { effect, security }: Met): Refusal | null {
  if (security.restricted) return reject('RESTRICTED_SECURITY', order.symbol, null);
  if (order.side === 'BUY' || effect.opensE4 === 0) return null;
  if (security.hardToBorrow) return reject('HARD_TO_BORROW', order.symbol, null);
  const { locatedE4 } = security;
  const shortE4 = addE4(security.shortedE4, effect.opensE4);
  return shortE4 > locatedE4 ? reject('NO_LOCATE', shortE4, locatedE4) : null;
}

function reservationOf(order: NewOrder, security: Readonly<Security>): Reservation {
  const lastE4 = security.priceE4 ?? order.priceE4;
  const worseE4 = order.side === 'BUY' ? order.priceE4 - lastE4 : lastE4 - order.priceE4;
  return { referencePriceE4: order.priceE4, adversePriceE4: Math.max(0, worseE4) };
}

/** Close-only, exactly: opposite to the position, and with R within it (RULES). */
function beyondPosition(order: NewOrder, effect: Effect): Refusal | null {
  if (effect.opensE4 === 0) return null;
  const wouldE4 = addE4(order.qtyE4, effect.reducingLeavesE4);
  const reducible = effect.reducesE4 > 0 || effect.reducingLeavesE4 > 0;
  return reject('CLOSE_ONLY', wouldE4, reducible ? Math.abs(effect.positionE4) : 0);
}
