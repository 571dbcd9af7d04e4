import type { CaseCommand } from '#domain/case-commands.ts';
import type { ReadingRequest, MachineEvent, Reading } from '#domain/case-events.ts';
import { edgeOf, edgeOfAcknowledged, toldBy } from '#domain/edges.ts';
import type { AcknowledgedFigures, ToldFigures } from '#domain/edges.ts';
import { figuresVersionString } from '#domain/figures-version.ts';
import type { CaseAction } from '#domain/ladder-actions.ts';
import type { LadderState } from '#domain/ladder-state.ts';
import { E4 } from '#domain/money.ts';
import type { Policy } from '#domain/policy.ts';
import { WALK_POLICY } from '#test/ladder-walk.ts';
import { seededRandom } from '#test/seeded-random.ts';
import type { Random } from '#test/seeded-random.ts';
import { AccountWorld } from './account-world.ts';
import { Agenda } from './agenda.ts';
import { CaseHost } from './case-host.ts';
import type { Decided } from './case-host.ts';
import { FAULTS } from './faults.ts';
import type { WorldDoubt } from './doubts.ts';
import type { Fault } from './faults.ts';
import { Judge, STRESS_MS } from './judge.ts';
import { CLOSES, nextOpening } from './sessions.ts';
import { SimulatedVenue } from './venue.ts';

/** What came of one simulated account. */
export interface SimulationResult {
  readonly seed: number;
  /** What was broken; null when every promise was kept. */
  readonly broken: string | null;
  /** Each thing that happened, in simulated time. */
  readonly trace: readonly string[];
  readonly decisions: number;
  readonly counts: ReadonlyMap<CaseAction['type'], number>;
}

/** Trouble lasts between so long … */
const TROUBLE_MS_MIN = 30_000;
const TROUBLE_MS_MAX = 240_000;
/** … and after it everything works for long enough to end any case that can end by itself. */
const CALM_MS = 600_000;
/** Stories under a session clock begin so long before a close at most. */
const BEFORE_CLOSE_MS_MAX = 300_000;
const SWEEP_MS = 30_000;
/** In a calm world there is little to find. */
const CALM_SWEEP_MS = 300_000;
const HAPPENING_MS_MAX = 4_000;
const SIGNAL_MS_MAX = 80;
const LATE_SIGNAL_MS_MAX = 9_000;
const JUMP_MS_MAX = 15_000;
const HOUR_MS = 3_600_000;

/** Simulates one account with its case; the same seed and faults give the same story. */
export function simulate(seed: number, faults: readonly Fault[] = FAULTS): SimulationResult {
  const simulation = new Simulation(seed, faults);
  const broken = simulation.run();
  return { seed, broken, ...simulation.told() };
}

class Simulation {
  readonly #random: Random;
  readonly #faults: ReadonlySet<Fault>;
  readonly #agenda: Agenda;
  readonly #beginAt: number;
  readonly #world: AccountWorld;
  readonly #venue: SimulatedVenue;
  readonly #host: CaseHost;
  readonly #judge: Judge;
  readonly #trace: string[] = [];
  readonly #policies: Policy[];
  readonly #sent: MachineEvent[] = [];
  readonly #commands: CaseCommand[] = [];
  #policyInForce: Policy;
  #told: ToldFigures | null = null;
  #calm = false;
  #skewMs = 0;
  /** When quotes stopped; null while they come. */
  #quotesStoppedAt: number | null = null;
  #decisions = 0;

  constructor(seed: number, faults: readonly Fault[]) {
    this.#random = seededRandom(seed);
    this.#faults = new Set(faults);
    const { beginAt, clock } = someTime(this.#random);
    this.#beginAt = beginAt;
    this.#agenda = new Agenda(beginAt);
    const policy = somePolicy(this.#random, 1, clock);
    this.#policies = [
      policy,
      somePolicy(this.#random, 2, clock),
      somePolicy(this.#random, 3, clock),
    ];
    this.#policyInForce = policy;
    this.#world = new AccountWorld(this.#random, policy);
    this.#venue = new SimulatedVenue({
      agenda: this.#agenda,
      random: this.#random,
      world: this.#world,
      isUnruly: () => this.#happens('VENUE', 60),
      clock: () => this.#clock(),
      tell: (execution) => {
        this.#note(
          `venue: ${execution.execId} ${execution.status} ${String(execution.cumQtyE4 / E4)}`,
        );
        this.#engineAppliesSoon();
        this.#signal({ type: 'EXECUTION', execution });
      },
    });
    this.#judge = new Judge(this.#world, this.#venue);
    this.#host = new CaseHost({
      agenda: this.#agenda,
      random: this.#random,
      clock: () => this.#clock(),
      policyInForce: () => this.#policyInForce,
      crashes: () => this.#happens('CRASHES', 4),
      isHeld: () => this.#happens('FIRM', 20),
      read: (request) => this.#read(request),
      publish: (action) => this.#publish(action),
      decided: (decided) => this.#decided(decided),
    });
  }

  /** Returns what was broken, or null. */
  run(): string | null {
    try {
      const troubleMs = this.#random.whole(TROUBLE_MS_MIN, TROUBLE_MS_MAX);
      this.#tellNews();
      this.#sweep();
      this.#somethingHappens();
      this.#agenda.runUntil(this.#beginAt + troubleMs);
      this.#heal();
      this.#agenda.runUntil(this.#agenda.now + CALM_MS);
      // What waits for the market is done in the next session.
      this.#agenda.runUntil(nextOpening(this.#agenda.now) + CALM_MS);
      this.#judge.atTheEnd(this.#host.state);
      return null;
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      return `${error.name}: ${error.message}`;
    }
  }

  told(): Omit<SimulationResult, 'seed' | 'broken'> {
    return { trace: this.#trace, decisions: this.#decisions, counts: this.#judge.counts };
  }

  /** The clock of the worker, the server and the venue. */
  #clock(): number {
    return this.#agenda.now + this.#skewMs;
  }

  /** Does a fault that is on come about now? */
  #happens(fault: Fault, percent: number): boolean {
    return !this.#calm && this.#faults.has(fault) && this.#random.chance(percent);
  }

  /** Every few seconds something comes about, until the world is calm. */
  #somethingHappens(): void {
    if (this.#calm) return;
    this.#happening();
    this.#host.goOn();
    this.#agenda.after(this.#random.whole(1, HAPPENING_MS_MAX), () => this.#somethingHappens());
  }

  #happening(): void {
    const kind = this.#random.whole(1, 100);
    if (kind <= 45) this.#marketMoves();
    else if (kind <= 53) this.#customerPays();
    else if (kind <= 57) this.#customerSells();
    else if (kind <= 65) this.#engineStumbles();
    else if (kind <= 72) this.#feedStumbles();
    else if (kind <= 78) this.#clockJumps();
    else if (kind <= 92) this.#personActs();
    else if (kind <= 95) this.#policyChanges();
    else this.#oldMessageComes();
  }

  #marketMoves(): void {
    const random = this.#random;
    const drift = random.chance(15) ? random.between(-0.4, 0.3) : random.between(-0.08, 0.06);
    for (const symbol of this.#world.prices.keys()) {
      this.#world.move(symbol, 1 + drift + random.between(-0.03, 0.03));
    }
    this.#note(`market moves by ${(drift * 100).toFixed(1)} %`);
    this.#figuresChange();
  }

  #customerPays(): void {
    const figures = this.#world.figures(0);
    const missing = figures.status === 'INDETERMINATE' ? 0 : figures.deficiencyE4;
    const demand = this.#host.state.call?.notifiedDemandE4 ?? 0;
    const amount = this.#random.pick([
      Math.max(missing, demand),
      Math.max(missing, demand) + 5_000 * E4,
      Math.round(demand / 2),
      100 * E4,
      -Math.round(this.#random.between(100, 20_000)) * E4,
    ]);
    if (amount === 0) return;
    this.#world.pay(amount);
    this.#note(`customer pays ${String(amount / E4)}`);
    this.#figuresChange();
  }

  /** Never while the firm sells: that is the gate's to prevent, not the ladder's. */
  #customerSells(): void {
    const held = this.#world.positions().filter(({ priceE4 }) => priceE4 !== null);
    if (held.length === 0 || this.#host.isBusy || this.#venue.working.length > 0) return;
    const { symbol, qtyE4, priceE4 } = this.#random.pick(held);
    const part = Math.trunc((qtyE4 * this.#random.next()) / E4) * E4;
    if (part === 0 || priceE4 === null) return;
    this.#world.fill(symbol, -part, priceE4);
    this.#world.applyFills();
    this.#note(`customer trades ${String(-part / E4)} ${symbol}`);
    this.#figuresChange();
  }

  #engineStumbles(): void {
    if (!this.#happens('ENGINE', 100)) return;
    this.#world.applyFills();
    this.#world.replaceEngine();
    this.#note('another engine takes over');
    this.#figuresChange();
  }

  #feedStumbles(): void {
    if (!this.#happens('FEED', 100)) return;
    const symbol = this.#random.pick([...this.#world.prices.keys()]);
    if (this.#random.chance(20)) {
      this.#world.losePrice(symbol);
      this.#note(`${symbol} has no price`);
      this.#figuresChange();
    } else if (this.#random.chance(65)) {
      const doubt = this.#someDoubt(symbol);
      const isDoubted = this.#world.doubt(symbol, doubt);
      this.#note(`the price of ${symbol} is ${isDoubted ? doubt.quality : 'good again'}`);
      this.#figuresChange();
    } else {
      this.#quotesStoppedAt = this.#quotesStoppedAt === null ? this.#agenda.now : null;
      this.#note(this.#quotesStoppedAt === null ? 'quotes come again' : 'quotes stop');
    }
  }

  #someDoubt(symbol: string): WorldDoubt {
    const quality = this.#random.pick(['SUSPICIOUS', 'HALTED', 'OUTLYING'] as const);
    const priceE4 = this.#world.prices.get(symbol) ?? null;
    if (quality === 'HALTED' || priceE4 === null) return { quality };
    const unconfirmedPriceE4 = Math.round(priceE4 * this.#random.pick([0.5, 0.75, 1.3, 1.9]));
    return { quality, unconfirmedPriceE4 };
  }

  #clockJumps(): void {
    if (!this.#happens('CLOCK', 100)) return;
    this.#skewMs += this.#random.whole(-JUMP_MS_MAX, JUMP_MS_MAX);
    this.#note(`clocks are ${String(this.#skewMs)} ms off`);
  }

  #policyChanges(): void {
    if (!this.#happens('POLICY', 100)) return;
    this.#policyInForce = this.#random.pick(this.#policies);
    this.#note(`policy ${this.#policyInForce.version} is in force`);
  }

  #oldMessageComes(): void {
    if (!this.#happens('REPEATED_SIGNALS', 100) || this.#sent.length === 0) return;
    this.#note('an old message comes again');
    this.#host.receive(this.#random.pick(this.#sent));
  }

  #personActs(): void {
    if (!this.#happens('PEOPLE', 100)) return;
    const by = this.#random.pick(['ann', 'bob', 'eve']);
    if (this.#random.chance(15)) {
      this.#note(`${by} acknowledges`);
      this.#host.receive({ type: 'ACKNOWLEDGED', by, at: this.#clock(), note: null });
      return;
    }
    const known = this.#commands.at(-1);
    const command = known !== undefined && this.#random.chance(15) ? known : this.#newCommand(by);
    this.#commands.push(command);
    this.#note(`${command.by} commands ${command.type} (${command.commandId})`);
    this.#host.receive({ type: 'COMMAND', command });
  }

  #newCommand(by: string): CaseCommand {
    const { state } = this.#host;
    const now = this.#clock();
    const random = this.#random;
    const common = {
      commandId: `k${String(this.#commands.length)}`,
      at: now,
      by,
      // Sometimes a person has an old page open.
      episode: random.chance(85) ? state.episode : Math.max(0, state.episode - 1),
    };
    const demand = state.call?.notifiedDemandE4 ?? 1_000 * E4;
    // Who has stopped everything is more often followed by somebody who lets it go on.
    const type = state.enforcementHold === null ? random.whole(1, 10) : random.whole(5, 10);
    if (type <= 1) return { ...common, type: 'HOLD', reason: 'to look at it' };
    if (type <= 3) {
      const amountE4 = Math.round(demand * random.pick([0.5, 1, 2]));
      const fundsExpireAt = now + random.whole(-1_000, 8_000);
      return { ...common, type: 'PENDING_FUNDS', amountE4, evidence: 'wire', fundsExpireAt };
    }
    if (type <= 5) {
      const dueAt = (state.call?.dueAt ?? now) + random.whole(-2_000, 9_000);
      const authorityReference = random.chance(20) ? 'FINRA-1' : null;
      return { ...common, type: 'EXTEND', dueAt, reason: 'they asked', authorityReference };
    }
    if (type <= 7) return { ...common, type: 'RESUME', reason: 'looked at' };
    return { ...common, type: 'RELEASE', reason: 'go' };
  }

  /** The engine books fills a moment later; on a bad day much later. */
  #engineAppliesSoon(): void {
    const ms = this.#happens('ENGINE', 40) ? 6_000 : 200;
    this.#agenda.after(this.#random.whole(1, ms), () => {
      this.#world.applyFills();
      this.#figuresChange();
    });
  }

  #figuresChange(): void {
    this.#agenda.after(this.#random.whole(1, SIGNAL_MS_MAX), () => this.#tellNews());
  }

  /** The signaller: what is news to the case is told. */
  #tellNews(): void {
    const figures = this.#world.figures(this.#agenda.now);
    if (edgeOf(this.#told, figures, this.#policyInForce) === null) return;
    this.#told = toldBy(this.#told, figures, this.#policyInForce);
    this.#signal({ type: 'FIGURES', figures });
  }

  /** Every half minute: what the case says that it knows, against the figures. */
  #sweep(): void {
    const figures = this.#world.figures(this.#agenda.now);
    const acknowledged = acknowledgedBy(this.#host.state);
    if (edgeOfAcknowledged(acknowledged, figures, this.#policyInForce) !== null) {
      this.#note('the sweep tells the case again');
      this.#told = toldBy(this.#told, figures, this.#policyInForce);
      this.#signal({ type: 'FIGURES', figures });
    }
    this.#agenda.after(this.#calm ? CALM_SWEEP_MS : SWEEP_MS, () => this.#sweep());
  }

  #signal(message: MachineEvent): void {
    this.#sent.push(message);
    // Executions are delivered at least once; only figures may get lost (DESIGN 7).
    if (message.type === 'FIGURES' && this.#happens('LOST_SIGNALS', 25)) {
      this.#note('a signal is lost');
      return;
    }
    const times = this.#happens('REPEATED_SIGNALS', 10) ? 2 : 1;
    for (let time = 0; time < times; time += 1) {
      const msMax = this.#happens('LATE_SIGNALS', 20) ? LATE_SIGNAL_MS_MAX : SIGNAL_MS_MAX;
      this.#agenda.after(this.#random.whole(1, msMax), () => this.#host.receive(message));
    }
  }

  /** A re-read by a worker: what it cannot prove it calls stale, and old quotes it calls doubtful. */
  #read({ quoteAgeMaxMs, start }: ReadingRequest): Reading {
    const readAt = this.#clock();
    if (this.#happens('ENGINE', 8)) {
      const reason = {
        code: 'NOT_CAUGHT_UP',
        what: 'fills.v1',
        observed: '0',
        limit: '1',
      } as const;
      return { outcome: 'STALE', readAt, reason };
    }
    const quotedAt = this.#quotesStoppedAt ?? this.#agenda.now;
    const areQuotesOld = this.#agenda.now - quotedAt > quoteAgeMaxMs;
    // A reader that misses fills of the firm's own orders: the case knows of them, and must see it.
    if (!this.#happens('ENGINE', 15)) this.#world.applyFills();
    const figures = this.#world.figures(readAt);
    const isBehind = this.#happens('ENGINE', 4) && figures.version.sequence > 1;
    return {
      outcome: 'FRESH',
      readAt,
      // A reader that fell back must not get away with it.
      figures: isBehind
        ? { ...figures, version: { ...figures.version, sequence: figures.version.sequence - 1 } }
        : figures,
      cashE4: this.#world.cashE4,
      positions: areQuotesOld
        ? this.#world.positions().map((held) => ({ ...held, quality: held.quality ?? 'STALE' }))
        : this.#world.positions(),
      enforcement: { holds: [], start: start === null ? null : 'GRANTED' },
    };
  }

  #publish(action: CaseAction): void {
    const random = this.#random;
    if (action.type === 'ORDERS') {
      for (const order of action.orders) {
        this.#agenda.after(random.whole(1, SIGNAL_MS_MAX), () => this.#venue.accept(order));
      }
    }
    if (action.type === 'CANCEL_ORDERS') {
      for (const { orderId } of action.orders) {
        this.#agenda.after(random.whole(1, SIGNAL_MS_MAX), () => this.#venue.cancel(orderId));
      }
    }
  }

  #decided(decided: Decided): void {
    this.#decisions += 1;
    const { event, actions, after } = decided;
    const done = actions.map(({ type }) => type).join(', ');
    this.#note(`case: ${eventText(event)} → ${after.rung}${done === '' ? '' : `: ${done}`}`);
    this.#judge.decided(decided);
  }

  /** From now on everything works; the case is swept, and people who hold things stay as they are. */
  #heal(): void {
    this.#calm = true;
    this.#quotesStoppedAt = null;
    this.#world.believePrices();
    this.#world.applyFills();
    for (const [symbol, price] of this.#world.prices) {
      if (price === null) this.#world.move(symbol, 1);
    }
    this.#note('the world is calm');
    this.#figuresChange();
    this.#host.goOn();
  }

  #note(text: string): void {
    const seconds = ((this.#agenda.now - this.#beginAt) / 1000).toFixed(3).padStart(8);
    this.#trace.push(`${seconds} s  ${text}`);
  }
}

/** By the wall clock at some hour of the night, or by the session clock on either side of a close. */
function someTime(random: Random): { beginAt: number; clock: Policy['clock'] } {
  const { closesAt } = random.pick(CLOSES);
  if (random.chance(50)) return { beginAt: closesAt + HOUR_MS, clock: 'WALL' };
  return { beginAt: closesAt - random.whole(0, BEFORE_CLOSE_MS_MAX), clock: 'SESSION' };
}

/** A version of policy `demo`: nobody's choice of durations may break a promise. */
function somePolicy(random: Random, version: number, clock: Policy['clock']): Policy {
  return {
    ...WALK_POLICY,
    version: `walk.${String(version)}`,
    clock,
    liquidationRelease: random.chance(70) ? 'AUTOMATIC' : 'ONE_PERSON',
    dueAfterMs: random.pick([300, 6_000]),
    graceMs: random.pick([0, 1_000, 3_000]),
    accelerationMs: random.pick([0, 1_500, 30_000]),
    twoPersonNotionalE4: random.pick([5_000, 50_000]) * E4,
    marketCureMs: random.pick([500, 2_000, 10_000]),
    orderTtlMs: random.pick([5_000, 20_000]),
    stressMs: STRESS_MS,
  };
}

function acknowledgedBy(state: LadderState): AcknowledgedFigures | null {
  const { figures, rung, stress } = state;
  if (figures === null) return null;
  const deficiencyE4 = figures.status === 'INDETERMINATE' ? 0 : figures.deficiencyE4;
  const { status, version } = figures;
  return { rung, status, version, deficiencyE4, stress: stress.verdict };
}

function eventText(event: Decided['event']): string {
  switch (event.type) {
    case 'FIGURES': {
      const { figures } = event;
      const excess = figures.status === 'INDETERMINATE' ? '—' : String(figures.excessE4 / E4);
      return `figures ${figuresVersionString(figures.version)}, excess ${excess}`;
    }
    case 'EXECUTION':
      return `execution ${event.execution.execId}`;
    case 'READING':
      return event.reading.outcome === 'FRESH'
        ? `fresh reading ${figuresVersionString(event.reading.figures.version)}`
        : `stale reading, ${event.reading.reason.code}`;
    case 'COMMAND':
      return `command ${event.command.type} ${event.command.commandId}`;
    default:
      return event.type.toLowerCase();
  }
}
