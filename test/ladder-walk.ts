import { loadCalendar } from '#platform/calendars.ts';
import type {
  CaseEvent,
  CaseExecution,
  Reading,
  ReadingRequest,
  StaleReason,
} from '#domain/case-events.ts';
import type { FirmHold, StartAnswer } from '#domain/firm-enforcement.ts';
import type { ExchangeCalendar } from '#domain/calendar.ts';
import type { CaseFigures } from '#domain/case-figures.ts';
import { nextDeadline } from '#domain/ladder-deadlines.ts';
import type { CaseAction, LadderAction } from '#domain/ladder-actions.ts';
import { newCase } from '#domain/ladder-state.ts';
import type { CaseOrder, LadderState } from '#domain/ladder-state.ts';
import { decide } from '#domain/ladder.ts';
import { accountFigures } from '#domain/margin.ts';
import type { DeterminateFigures, Position } from '#domain/margin.ts';
import type { QuotedPosition } from '#domain/price-quality.ts';
import { E4, marketValueE4, rate } from '#domain/money.ts';
import type { Policy } from '#domain/policy.ts';
import { stressExcessOf } from '#domain/stress-verdict.ts';

/** Preset `demo` with round durations, for tests of the ladder. */
export const WALK_POLICY: Policy = {
  preset: 'demo',
  version: 'walk.1',
  hash: '0000000000000000',
  longMaintenanceRate: rate(250_000),
  shortMaintenanceRate: rate(300_000),
  warningBand: rate(50_000),
  bufferRate: rate(10_000),
  costRate: rate(0),
  dueAfterMs: 6_000,
  graceMs: 3_000,
  hysteresisRate: rate(10_000),
  marketCureMs: 2_000,
  quoteAgeMaxMs: 5_000,
  heartbeatAgeMaxMs: 5_000,
  staleRetryMs: 1_000,
  orderTtlMs: 5_000,
  liquidationRelease: 'AUTOMATIC',
  twoPersonNotionalE4: 50_000 * E4,
  pendingFundsMaxMs: 6_000,
  extendMaxMs: 6_000,
  accelerationRate: rate(400_000),
  accelerationMs: 1_500,
  clock: 'WALL',
  calendar: loadCalendar(),
  deficiencyStepE4: 500 * E4,
  deficiencyStepRate: rate(100_000),
  stressBasis: 'KEPT',
  stressMove: rate(60_000),
  stressMs: 60_000,
  brakeAccountsMax: 10,
  brakeWindowMs: 600_000,
  priceConflationMs: 250,
  outlierMove: rate(200_000),
  outlierTicks: 3,
  outlierMs: 1_000,
  overnightMove: rate(400_000),
  doubtMove: rate(200_000),
};

/** An action, when it was taken, when it was acknowledged, and what the last re-read had found. */
export interface Taken {
  readonly at: number;
  readonly acknowledgedAt: number;
  readonly action: CaseAction;
  readonly reading: Reading | null;
  /** What the account held then. */
  readonly held: readonly Position[];
}

const BEGIN_AT = 1_795_000_000_000;

/**
 * A case with its account, driven by hand as the workflow drives it: actions are answered at once
 * unless the test says otherwise, deadlines fire when their time comes. No clock but `now`.
 */
export class LadderWalk {
  state: LadderState = newCase('ACC_1', 'run-1');
  now = BEGIN_AT;
  cashE4: number;
  positions: QuotedPosition[];
  creditedTotalE4 = 0;
  fillsPosition = 0;
  sequence = 0;
  /** What a re-read finds instead of fresh figures. */
  stale: StaleReason | null = null;
  /** A later calendar that a re-read brings. */
  calendar: ExchangeCalendar | null = null;
  /** How long a re-read takes, ms. */
  readingMs = 5;
  /** How long a publication takes to be acknowledged, ms. */
  publishingMs = 5;
  /** Do the figures say what stress would do? Most tests are about the rungs. */
  tellsStress = false;
  policyInForce: Policy;
  readonly taken: Taken[] = [];
  /** The starts of clocks, which are recorded too, apart from what the case does. */
  readonly clocks: Taken[] = [];
  readonly readings: Reading[] = [];
  readonly requests: ReadingRequest[] = [];
  /** What the firm holds, and what the liquidation brake answers where people have not released. */
  holds: readonly FirmHold[] = [];
  brake: StartAnswer = 'GRANTED';

  constructor(policy: Policy = WALK_POLICY) {
    this.policyInForce = policy;
    this.cashE4 = -150_000 * E4;
    this.positions = [{ symbol: 'NVDA', qtyE4: 500 * E4, priceE4: 500 * E4, betaE4: 18_000 }];
  }

  /** The types of the actions so far. */
  get story(): string[] {
    return this.taken.map(({ action }) => action.type);
  }

  get orders(): readonly CaseOrder[] {
    return this.state.orders;
  }

  /** NVDA trades at `dollars`; the case is told. */
  price(dollars: number | null): this {
    return this.setPrice(dollars).tell();
  }

  /** NVDA trades at `dollars`; the case is not told. */
  setPrice(dollars: number | null): this {
    const priceE4 = dollars === null ? null : Math.round(dollars * E4);
    this.positions = this.positions.map((position) => ({ ...position, priceE4 }));
    this.sequence += 1;
    return this;
  }

  deposit(dollars: number): this {
    this.cashE4 += dollars * E4;
    this.creditedTotalE4 += dollars * E4;
    this.sequence += 1;
    return this.tell();
  }

  tell(): this {
    return this.give({ type: 'FIGURES', figures: this.figures() });
  }

  /** Time passes; deadlines fire on the way, as timers do. */
  wait(ms: number): this {
    const end = this.now + ms;
    for (;;) {
      const next = nextDeadline(this.state);
      if (next === null || next.at > end) break;
      this.now = Math.max(this.now, next.at);
      this.give({ type: 'WAKE' });
    }
    this.now = Math.max(this.now, end);
    return this;
  }

  /** The venue fills an order at the last price, in full unless told otherwise; the case is told both. */
  fill(order: CaseOrder, qtyE4 = order.qtyE4): this {
    this.give({ type: 'EXECUTION', execution: this.execute(order, qtyE4) });
    return this.tell();
  }

  /** The venue fills an order; nobody is told yet. */
  execute(order: CaseOrder, qtyE4 = order.qtyE4): CaseExecution {
    const signedE4 = order.side === 'SELL' ? -qtyE4 : qtyE4;
    const before = this.priced().maintenanceReqE4;
    this.positions = this.positions
      .map((held) => {
        if (held.symbol !== order.symbol) return held;
        this.cashE4 -= marketValueE4(signedE4, held.priceE4 ?? 0);
        return { ...held, qtyE4: held.qtyE4 + signedE4 };
      })
      .filter(({ qtyE4: left }) => left !== 0);
    this.creditedTotalE4 += before - this.priced().maintenanceReqE4;
    const fillOffset = this.fillsPosition;
    this.fillsPosition += 1;
    this.sequence += 1;
    const cumQtyE4 = order.cumQtyE4 + qtyE4;
    const status = cumQtyE4 === order.qtyE4 ? 'FILLED' : 'PARTIALLY_FILLED';
    return {
      execId: `x${String(fillOffset)}`,
      orderId: order.orderId,
      cumQtyE4,
      status,
      fillOffset,
    };
  }

  /** The venue ends an order without another fill. */
  end(order: CaseOrder, status: 'EXPIRED' | 'REJECTED' | 'CANCELLED'): this {
    const { orderId, cumQtyE4 } = order;
    const execution = { execId: `${orderId}-end`, orderId, cumQtyE4, status, fillOffset: null };
    return this.give({ type: 'EXECUTION', execution });
  }

  /** One event to its end, as workflows/account-case.ts does it. */
  give(event: CaseEvent): this {
    const waiting: CaseEvent[] = [event];
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const decision = decide(this.state, next, this.policyInForce, this.now);
      this.state = decision.state;
      for (const action of decision.actions) {
        const answer = this.#perform(action);
        if (answer !== null) waiting.push(answer);
      }
    }
    return this;
  }

  figures(): CaseFigures {
    const figures = accountFigures(this.cashE4, this.positions, this.policyInForce);
    const seen = {
      version: { generation: 1, sequence: this.sequence },
      asOf: this.now,
      creditedTotalE4: this.creditedTotalE4,
      fillsPosition: this.fillsPosition,
      correlationId: `c${String(this.sequence)}`,
    };
    if (figures.status === 'INDETERMINATE') {
      return { ...seen, status: 'INDETERMINATE', pricesMissing: figures.pricesMissing };
    }
    const { status, equityE4, maintenanceReqE4, grossMvE4, excessE4, deficiencyE4 } = figures;
    const { regulatoryReqE4 } = figures;
    const priced = {
      equityE4,
      maintenanceReqE4,
      grossMvE4,
      excessE4,
      deficiencyE4,
      regulatoryReqE4,
    };
    const stress = this.tellsStress ? stressExcessOf(figures, this.policyInForce) : null;
    return { ...seen, status, ...priced, ...(stress === null ? {} : { stress }) };
  }

  #perform(action: LadderAction): CaseEvent | null {
    if (action.type === 'READ_FIGURES') {
      const reading = this.#read(action.request);
      this.requests.push(action.request);
      this.readings.push(reading);
      this.now += this.readingMs;
      const { attempt, executionId } = action;
      return { type: 'READING', attempt, executionId, reading };
    }
    const at = this.now;
    this.now += this.publishingMs;
    const told = action.type === 'CLOCK_STARTED' ? this.clocks : this.taken;
    told.push({
      at,
      acknowledgedAt: this.now,
      action,
      reading: this.readings.at(-1) ?? null,
      held: this.positions,
    });
    if (action.type === 'CALL') {
      return { type: 'CALL_PUBLISHED', episode: action.episode, ackAt: this.now };
    }
    if (action.type === 'CLOSE_ONLY') {
      return { type: 'RESTRICTION_PUBLISHED', episode: action.episode, ackAt: this.now };
    }
    return null;
  }

  #read({ start }: ReadingRequest): Reading {
    const readAt = this.now;
    if (this.stale !== null) return { outcome: 'STALE', readAt, reason: this.stale };
    const { cashE4, positions } = this;
    const { calendar } = this;
    const brake = start?.isReleased === true ? 'GRANTED' : this.brake;
    const isHeld = this.holds.some(({ scope }) => scope === 'GLOBAL');
    const enforcement = { holds: this.holds, start: start === null || isHeld ? null : brake };
    const read = { readAt, figures: this.figures(), cashE4, positions, enforcement };
    return { outcome: 'FRESH', ...read, ...(calendar === null ? {} : { calendar }) };
  }

  priced(): DeterminateFigures {
    const figures = accountFigures(this.cashE4, this.positions, this.policyInForce);
    if (figures.status === 'INDETERMINATE')
      throw new Error('the account has a position without a price');
    return figures;
  }
}
