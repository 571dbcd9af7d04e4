import { isDeepStrictEqual } from 'node:util';
import type { Reading } from '#domain/case-events.ts';
import type { PricedCaseFigures } from '#domain/case-figures.ts';
import type { CaseAction } from '#domain/ladder-actions.ts';
import { areFundsPending, isAwaitingRelease } from '#domain/ladder-people.ts';
import type { Call, LadderState } from '#domain/ladder-state.ts';
import { decide } from '#domain/ladder.ts';
import { E4 } from '#domain/money.ts';
import type { Policy } from '#domain/policy.ts';
import type { AccountWorld } from './account-world.ts';
import type { Decided } from './case-host.ts';
import { atKindestPrices } from './doubts.ts';
import { isTradable, sessionMsBetween } from './sessions.ts';
import { AFTER, ESCALATIONS, NEEDS_DEFICIENCY, ONCE } from './step-promises.ts';
import type { SimulatedVenue } from './venue.ts';

/** A promise of the ladder (INVARIANTS in ladder-table.ts, and RULES) that a decision broke. */
export class BrokenPromise extends Error {
  override readonly name = 'BrokenPromise';
}

interface Episode {
  readonly taken: CaseAction['type'][];
  callAckAt: number | null;
  restrictionAckAt: number | null;
  policyVersion: string | null;
  /** Who has let a liquidation go. */
  readonly releasedBy: Set<string>;
}

/** How long an account is underwater or clear under stress before the holder moves, ms. */
export const STRESS_MS = 10_000;

/** Watches every decision of a case, and the world that it acts on. */
export class Judge {
  readonly #world: AccountWorld;
  readonly #venue: SimulatedVenue;
  readonly #episodes = new Map<number, Episode>();
  #lastNumber = 0;
  #decisions = 0;
  #aboveSince: number | null = null;
  #criticalSince: number | null = null;
  #underwaterSince: number | null = null;
  #clearSince: number | null = null;
  #stressIsOn = false;
  /** How often each action was taken. */
  readonly counts = new Map<CaseAction['type'], number>();

  constructor(world: AccountWorld, venue: SimulatedVenue) {
    this.#world = world;
    this.#venue = venue;
  }

  /** Throws BrokenPromise. */
  decided(decided: Decided): void {
    this.#decisions += 1;
    this.#sameAgain(decided);
    this.#oldNewsChangesNothing(decided);
    this.#acknowledged(decided);
    this.#watchTheMarket(decided);
    this.#dueInstantStays(decided);
    this.#peopleAgreed(decided);
    for (const action of decided.actions) {
      if (action.type !== 'READ_FIGURES') this.#action(action, decided);
    }
    this.#stateIsSound(decided.after);
    const broken = this.#world.brokenBooks();
    promise(broken === null, `the books are wrong: ${broken ?? ''}`);
  }

  /** Once the world has worked again for long: a deficiency has ended in a cure or with a person. */
  atTheEnd(state: LadderState): void {
    const figures = this.#world.figures(0);
    if (figures.status === 'INDETERMINATE') return;
    const { rung, stuckReported, enforcementHold, call } = state;
    const withAPerson =
      rung === 'UNSECURED_DEFICIT' ||
      stuckReported !== null ||
      isAwaitingRelease(state) ||
      enforcementHold !== null;
    promise(
      figures.deficiencyE4 === 0 || withAPerson,
      `a deficiency of ${dollars(figures.deficiencyE4)} is left on ${rung}, and nobody was told`,
    );
    promise(
      figures.deficiencyE4 > 0 || call === null || figures.excessE4 * 100 < figures.grossMvE4,
      `an excess of ${dollars(figures.excessE4)} did not end the call`,
    );
    const credited = figures.creditedTotalE4 - (call?.creditedAtIssueE4 ?? 0);
    promise(
      figures.deficiencyE4 > 0 || call === null || credited < call.notifiedDemandE4,
      `credits of ${dollars(credited)} did not end the call`,
    );
    promise(this.#venue.working.length === 0, 'orders still work at the venue');
  }

  /** Pure: the same state, event and instant give the same decision, and plain data suffices. */
  #sameAgain({ before, event, after, actions, at, policyInForce }: Decided): void {
    // Most of the time of a simulation would go into it.
    if (this.#decisions % 8 !== 0) return;
    const stored = JSON.parse(JSON.stringify(before)) as LadderState;
    const again = decide(stored, event, policyInForce, at);
    promise(
      isDeepStrictEqual(
        JSON.parse(JSON.stringify(again)),
        JSON.parse(JSON.stringify({ state: after, actions })),
      ),
      'the same event decided differently after the state was stored',
    );
  }

  #oldNewsChangesNothing({ before, event, after, actions }: Decided): void {
    if (event.type === 'FIGURES' && before.figures !== null) {
      const { generation, sequence } = event.figures.version;
      const known = before.figures.version;
      const isOld =
        generation < known.generation ||
        (generation === known.generation && sequence <= known.sequence);
      const moved = actions.filter(({ type }) => type !== 'FUNDS_EXPIRED');
      if (isOld) promise(moved.length === 0, 'old figures moved the case');
    }
    if (event.type !== 'COMMAND') return;
    const { commandId } = event.command;
    const [first, answer] = [before, after].map(({ answers }) =>
      answers.find((each) => each.commandId === commandId),
    );
    promise(answer !== undefined, 'a command got no answer');
    if (first === undefined) return;
    promise(isDeepStrictEqual(first, answer), 'a repeated command got another answer');
    promise(
      actions.every(({ type }) => type !== 'COMMANDED'),
      'a repeated command was obeyed again',
    );
  }

  #acknowledged({ event }: Decided): void {
    if (event.type === 'CALL_PUBLISHED') {
      this.#episode(event.episode).callAckAt ??= event.ackAt;
    }
    if (event.type === 'RESTRICTION_PUBLISHED') {
      this.#episode(event.episode).restrictionAckAt ??= event.ackAt;
    }
  }

  #dueInstantStays({ before, after, event, actions }: Decided): void {
    const [was, is] = [before.call, after.call];
    if (was?.issuedAt === null || was === null || is === null || before.episode !== after.episode) {
      return;
    }
    if (was.dueAt === is.dueAt) return;
    if (is.dueAt < was.dueAt) {
      const isAccelerated = actions.some(({ type }) => type === 'ACCELERATE');
      promise(isAccelerated, 'the due instant came nearer without an acceleration');
      return;
    }
    const isExtension = event.type === 'COMMAND' && event.command.type === 'EXTEND';
    promise(isExtension, 'the due instant moved without an extension');
  }

  #action(action: CaseAction, decided: Decided): void {
    const { type, number, episode: id } = action;
    this.counts.set(type, (this.counts.get(type) ?? 0) + 1);
    this.#lastNumber += 1;
    promise(
      number === this.#lastNumber,
      `action ${String(number)} after ${String(this.#lastNumber - 1)}`,
    );
    const episode = this.#episode(id);
    promise(
      !ONCE.has(type) || !episode.taken.includes(type),
      `${type} twice in episode ${String(id)}`,
    );
    const needed = AFTER[type];
    promise(
      needed === undefined || episode.taken.includes(needed),
      `${type} without ${needed ?? ''}`,
    );
    if (ESCALATIONS.has(type)) this.#escalation(action, episode, decided);
    if (action.type === 'MET') this.#met(action, episode, decided);
    if (type === 'STRESS_ON' || type === 'STRESS_OFF') this.#stress(type, action, decided);
    episode.taken.push(type);
  }

  #escalation(action: CaseAction, episode: Episode, decided: Decided): void {
    const { type, policyVersion, seen } = action;
    const { before, event } = decided;
    promise(before.enforcementHold === null, `${type} while a person holds enforcement`);
    promise(!areFundsPending(before, decided.at), `${type} while funds are pending`);
    episode.policyVersion ??= policyVersion;
    promise(episode.policyVersion === policyVersion, `${type} under another policy`);
    promise(event.type === 'READING', `${type} on ${event.type} without reading again`);
    if (event.type !== 'READING') return;
    this.#isFresh(type, event.reading, decided);
    promise(seen?.status !== 'INDETERMINATE' && seen !== null, `${type} without a price`);
    if (seen === null || seen.status === 'INDETERMINATE') return;
    promise(!NEEDS_DEFICIENCY.has(type) || seen.deficiencyE4 > 0, `${type} without a deficiency`);
    const policy = policyOf(decided);
    this.#isBeyondDoubt(action, event.reading, policy);
    this.#isInTime(action, episode, policy);
    this.#asksForTheRightAmount(action, seen, before.call);
    if (action.type === 'ORDERS') {
      this.#isTradable(action, policy);
      this.#isReleased(action, episode, policy);
      this.#orders(action, event.reading);
    }
  }

  /** The outcome does not depend on a doubtful price, and no such position is traded (RULES, Liquidation). */
  #isBeyondDoubt(action: CaseAction, reading: Reading, policy: Policy): void {
    if (reading.outcome !== 'FRESH') return;
    const { type } = action;
    const { cashE4, positions } = reading;
    const doubtful = positions.filter(({ quality }) => quality !== undefined);
    const symbols = doubtful.map(({ symbol }) => symbol).join(', ');
    const kindest = atKindestPrices(cashE4, positions, policy);
    promise(
      doubtful.length === 0 || (kindest?.deficiencyE4 ?? 0) > 0,
      `${type} although it depends on ${symbols}`,
    );
    promise(
      type !== 'ACCELERATE' || isCriticalEquity(kindest),
      `${type} although it depends on ${symbols} that the equity is critical`,
    );
    if (action.type !== 'ORDERS') return;
    const traded = doubtful.find(({ symbol }) => action.orders.some((o) => o.symbol === symbol));
    promise(
      traded === undefined,
      `an order for ${traded?.symbol ?? ''}, whose price can be doubted`,
    );
  }

  #asksForTheRightAmount(action: CaseAction, seen: PricedCaseFigures, before: Call | null): void {
    if (action.type === 'RENOTIFY') this.#renotified(action.call, before);
    if (action.type !== 'CALL') return;
    const demand = seen.deficiencyE4 + Math.ceil(seen.grossMvE4 / 100);
    promise(action.call.originalDemandE4 === demand, `a demand of ${dollars(demand)} was due`);
  }

  #isInTime({ type, decidedAt }: CaseAction, episode: Episode, policy: Policy): void {
    if (type === 'ACCELERATE') {
      promise(episode.callAckAt !== null, 'accelerated before the call was published');
      const criticalMs = decidedAt - (this.#criticalSince ?? Infinity);
      promise(
        criticalMs >= policy.accelerationMs,
        `accelerated after ${String(criticalMs)} ms of critical equity`,
      );
    }
    if (episode.taken.includes('ACCELERATE')) {
      promise(type !== 'TRIGGER' || episode.restrictionAckAt !== null, 'TRIGGER before close-only');
      return;
    }
    const [from, waitMs] =
      type === 'PAST_DUE'
        ? [episode.callAckAt, policy.dueAfterMs]
        : [episode.restrictionAckAt, policy.graceMs];
    if (type !== 'PAST_DUE' && type !== 'TRIGGER') return;
    const waited = from === null ? -Infinity : timeBetween(policy, from, decidedAt);
    promise(waited >= waitMs, `${type} ${String(waitMs - waited)} ms early`);
  }

  /** Close-only for stress goes on and off in turn, each on fresh figures and after its time. */
  #stress(type: 'STRESS_ON' | 'STRESS_OFF', action: CaseAction, decided: Decided): void {
    const isOn = type === 'STRESS_ON';
    promise(isOn !== this.#stressIsOn, `${type} twice`);
    this.#stressIsOn = isOn;
    promise(!isOn || decided.before.enforcementHold === null, `${type} while enforcement is held`);
    promise(decided.event.type === 'READING', `${type} without reading again`);
    if (decided.event.type === 'READING') this.#isFresh(type, decided.event.reading, decided);
    const since = isOn ? this.#underwaterSince : this.#clearSince;
    const ms = action.decidedAt - (since ?? Infinity);
    promise(ms >= STRESS_MS, `${type} after ${String(ms)} ms`);
  }

  /** The demand has risen by max($500, 10 %) since the customer was told. */
  #renotified(call: Call, before: Call | null): void {
    const told = before?.notifiedDemandE4 ?? Infinity;
    const stepE4 = Math.max(500 * E4, told / 10);
    const risen = call.notifiedDemandE4 - told;
    promise(risen >= stepE4, `notified anew for ${dollars(risen)} more`);
  }

  /** By the session clock: never out of a session or in its first five minutes, and never beyond it. */
  #isTradable(
    { decidedAt, orders }: Extract<CaseAction, { type: 'ORDERS' }>,
    { clock }: Policy,
  ): void {
    if (clock === 'WALL') return;
    promise(
      isTradable(decidedAt),
      `orders while the market is not open to them, at ${new Date(decidedAt).toISOString()}`,
    );
    for (const { orderId, validUntil } of orders) {
      promise(isTradable(validUntil - 1), `${orderId} outlives its session`);
    }
  }

  /** Who counts for a liquidation of the size of these orders? */
  #isReleased(
    { orders }: Extract<CaseAction, { type: 'ORDERS' }>,
    { releasedBy }: Episode,
    policy: Policy,
  ): void {
    if (policy.liquidationRelease === 'AUTOMATIC') return;
    const value = orders.reduce((sum, { qtyE4, priceE4 }) => sum + (qtyE4 / E4) * priceE4, 0);
    const persons = value > policy.twoPersonNotionalE4 ? 2 : 1;
    promise(
      releasedBy.size >= persons,
      `orders for ${dollars(value)} with ${String(releasedBy.size)} of ${String(persons)} persons`,
    );
  }

  /** Releases count by person; enforcement goes on only when two persons say so. */
  #peopleAgreed({ before, after, event }: Decided): void {
    const command = event.type === 'COMMAND' ? event.command : null;
    const wasObeyed =
      command !== null &&
      before.answers.every(({ commandId }) => commandId !== command.commandId) &&
      after.answers.some((each) => each.commandId === command.commandId && each.refusal === null);
    if (wasObeyed && command.type === 'RELEASE') {
      this.#episode(before.episode).releasedBy.add(command.by);
    }
    if (before.enforcementHold === null || after.enforcementHold !== null) return;
    const first = before.enforcementHold.resumeAskedBy;
    promise(
      wasObeyed && command.type === 'RESUME' && first !== null && first !== command.by,
      'enforcement went on without two persons',
    );
  }

  #isFresh(type: string, reading: Reading, { at, before, after, policyInForce }: Decided): void {
    promise(reading.outcome === 'FRESH', `${type} on figures that are not fresh`);
    const policy = after.policy ?? before.policy ?? policyInForce;
    const age = Math.max(at, before.decidedAt) - reading.readAt;
    promise(age <= policy.heartbeatAgeMaxMs, `${type} on a reading ${String(age)} ms old`);
    if (reading.outcome !== 'FRESH' || before.figures === null) return;
    const [read, told] = [reading.figures.version, before.figures.version];
    const isOlder =
      read.generation < told.generation ||
      (read.generation === told.generation && read.sequence < told.sequence);
    promise(!isOlder, `${type} on figures older than those told`);
  }

  #orders(action: Extract<CaseAction, { type: 'ORDERS' }>, reading: Reading): void {
    const working = this.#venue.working.map(({ orderId }) => orderId);
    promise(working.length === 0, `orders while ${working.join(', ')} may still trade`);
    const planned = reading.outcome === 'FRESH' ? reading.positions : [];
    const symbols = action.orders.map(({ symbol }) => symbol);
    promise(new Set(symbols).size === symbols.length, 'two orders for one symbol in a slice');
    for (const { symbol, side, qtyE4 } of action.orders) {
      const plannedE4 = planned.find((each) => each.symbol === symbol)?.qtyE4 ?? 0;
      for (const heldE4 of [plannedE4, this.#world.trulyHeldE4(symbol)]) {
        promise(
          side === (heldE4 > 0 ? 'SELL' : 'BUY'),
          `${side} of a position of ${String(heldE4)}`,
        );
        promise(
          qtyE4 > 0 && qtyE4 <= Math.abs(heldE4),
          `an order for ${String(qtyE4)} of a position of ${String(heldE4)}`,
        );
      }
    }
  }

  #met(
    { seen, call, metBy, decidedAt }: Extract<CaseAction, { type: 'MET' }>,
    { taken }: Episode,
    { before, after, actions, policyInForce }: Decided,
  ): void {
    promise(seen.excessE4 >= 0, 'a call met with a deficiency');
    promise(before.call !== null, 'a call met that was not open');
    const takenOff = actions.map(({ type }) => type);
    for (const [putOn, off] of [
      ['CLOSE_ONLY', 'LIFT'],
      ['TRIGGER', 'COMPLETE'],
    ] as const) {
      const isOff = takenOff.includes(off) || taken.includes(off);
      promise(taken.includes(putOn) === isOff, `met: ${putOn} put on and ${off} do not agree`);
    }
    const credited = seen.creditedTotalE4 - call.creditedAtIssueE4;
    promise(
      metBy !== 'CREDIT' || credited >= call.notifiedDemandE4,
      `met by credits of ${dollars(credited)}, ${dollars(call.notifiedDemandE4)} were demanded`,
    );
    const policy = before.policy ?? after.policy ?? policyInForce;
    const aboveMs = decidedAt - (this.#aboveSince ?? Infinity);
    promise(
      metBy !== 'MARKET' || aboveMs >= policy.marketCureMs,
      `met by the market after ${String(aboveMs)} ms`,
    );
  }

  /** Since when the case has known an excess of 1 % or more, by its own clock. */
  #watchTheMarket(decided: Decided): void {
    const { before, after, at } = decided;
    const { figures } = after;
    const isAbove =
      figures !== null &&
      figures.status !== 'INDETERMINATE' &&
      figures.excessE4 >= 0 &&
      figures.excessE4 * 100 >= figures.grossMvE4;
    const now = Math.max(at, before.decidedAt);
    this.#aboveSince = isAbove ? (this.#aboveSince ?? now) : null;
    this.#watchCritical(decided, now);
    this.#watchStress(decided, now);
  }

  /** Since when readings have proved a critical equity at the kindest prices, and no news has denied it. */
  #watchCritical({ after, event, policyInForce }: Decided, now: number): void {
    const { figures } = after;
    if (figures?.status === 'INDETERMINATE' || !isCriticalEquity(figures)) {
      this.#criticalSince = null;
      return;
    }
    if (event.type !== 'READING') return;
    const { reading } = event;
    const isProved =
      reading.outcome === 'FRESH' &&
      isCriticalEquity(
        atKindestPrices(reading.cashE4, reading.positions, after.policy ?? policyInForce),
      );
    this.#criticalSince = isProved ? (this.#criticalSince ?? now) : null;
  }

  /** Since when the account is underwater, or clear with 1 % to spare, whatever the market does. */
  #watchStress({ after: { figures } }: Decided, now: number): void {
    const priced = figures?.status === 'INDETERMINATE' ? null : figures;
    const stress = priced?.stress ?? { severeE4: 0, leastE4: -1 };
    this.#underwaterSince = stress.severeE4 < 0 ? (this.#underwaterSince ?? now) : null;
    const isClear = stress.leastE4 >= 0 && stress.leastE4 * 100 >= (priced?.grossMvE4 ?? 0);
    this.#clearSince = isClear ? (this.#clearSince ?? now) : null;
  }

  #stateIsSound(state: LadderState): void {
    const hasCall = state.rung !== 'ACTIVE' && state.rung !== 'WARNING';
    promise((state.call !== null) === hasCall, `${state.rung} with the call of another rung`);
    const isRestricted = state.rung !== 'MARGIN_CALL' && hasCall;
    promise((state.restriction !== null) === isRestricted, `${state.rung} and its restriction`);
    for (const { orderId, qtyE4, cumQtyE4 } of state.orders) {
      promise(cumQtyE4 <= qtyE4, `${orderId} sold more than was ordered`);
      promise(cumQtyE4 <= this.#venue.tradedE4(orderId), `${orderId} sold more than was traded`);
    }
  }

  #episode(id: number): Episode {
    const known = this.#episodes.get(id);
    if (known !== undefined) return known;
    const begun = {
      taken: [],
      callAckAt: null,
      restrictionAckAt: null,
      policyVersion: null,
      releasedBy: new Set<string>(),
    };
    this.#episodes.set(id, begun);
    return begun;
  }
}

/** At most 0, or below 40 % of what is required (RULES, Liquidation). */
function isCriticalEquity(
  figures: Pick<PricedCaseFigures, 'equityE4' | 'maintenanceReqE4'> | null,
): boolean {
  if (figures === null) return false;
  const { equityE4, maintenanceReqE4 } = figures;
  return equityE4 <= 0 || equityE4 * 10 < maintenanceReqE4 * 4;
}

function policyOf({ after, policyInForce }: Decided): Policy {
  return after.policy ?? policyInForce;
}

function promise(kept: boolean, broken: string): void {
  if (!kept) throw new BrokenPromise(broken);
}

/** What the policy's clock counts between two instants, ms. */
function timeBetween({ clock }: Policy, from: number, to: number): number {
  return clock === 'WALL' ? to - from : sessionMsBetween(from, to);
}

function dollars(amountE4: number): string {
  return `$${(amountE4 / 10_000).toLocaleString('en-US')}`;
}
