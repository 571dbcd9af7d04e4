import type { CaseEvent, Reading, ReadingRequest, StaleReason } from '#domain/case-events.ts';
import { EMPTY_INBOX, put, take, takeBefore } from '#domain/case-inbox.ts';
import type { CaseAction, LadderAction } from '#domain/ladder-actions.ts';
import { nextDeadline } from '#domain/ladder-deadlines.ts';
import { newCase } from '#domain/ladder-state.ts';
import type { LadderState } from '#domain/ladder-state.ts';
import { decide } from '#domain/ladder.ts';
import type { Decision } from '#domain/ladder.ts';
import type { Policy } from '#domain/policy.ts';
import type { Random } from '#test/seeded-random.ts';
import type { Agenda } from './agenda.ts';

/** One decision, for those who judge it. */
export interface Decided {
  readonly before: LadderState;
  readonly event: CaseEvent;
  readonly after: LadderState;
  readonly actions: readonly LadderAction[];
  /** The case's clock, Unix ms. */
  readonly at: number;
  readonly policyInForce: Policy;
}

export interface HostSurroundings {
  readonly agenda: Agenda;
  readonly random: Random;
  /** The case's clock, Unix ms; it may jump. */
  readonly clock: () => number;
  readonly policyInForce: () => Policy;
  readonly crashes: () => boolean;
  readonly read: (request: ReadingRequest) => Reading;
  /** Does the firm hold what is to be traded at this very moment? */
  readonly isHeld: () => boolean;
  /** The world gets what the case publishes; perhaps twice. */
  readonly publish: (action: CaseAction) => void;
  readonly decided: (decided: Decided) => void;
}

const READ_MS_MAX = 300;
const PUBLISH_MS_MAX = 120;
const RESTART_MS_MAX = 5_000;
/** The longest that an activity takes on a bad day. */
const SLOW_MS_MAX = 7_000;

/**
 * Drives the ladder as workflows/account-case.ts does: one event to its end, messages wait meanwhile,
 * deadlines first. It dies and goes on from what was last decided.
 */
export class CaseHost {
  state: LadderState = newCase('ACC_1', 'run-1');
  readonly #surroundings: HostSurroundings;
  #inbox = EMPTY_INBOX;
  #waiting: CaseEvent[] = [];
  #actions: LadderAction[] = [];
  #busy = false;
  /** How many readings of the present event later figures have overtaken. */
  #overtaken = 0;
  #wakeAt: number | null = null;

  constructor(surroundings: HostSurroundings) {
    this.#surroundings = surroundings;
  }

  /** Is it in the middle of an event? */
  get isBusy(): boolean {
    return this.#busy || this.#actions.length > 0 || this.#waiting.length > 0;
  }

  receive(message: Parameters<typeof put>[1]): void {
    this.#inbox = put(this.#inbox, message);
    this.goOn();
  }

  /** Does the next thing that can be done now. */
  goOn(): void {
    if (this.#busy) return;
    const action = this.#actions.shift();
    if (action !== undefined) {
      this.#perform(action);
      return;
    }
    const answer = this.#waiting.shift();
    if (answer !== undefined) {
      this.#decideOn(this.#firstBefore(answer));
      return;
    }
    this.#overtaken = 0;
    const deadline = nextDeadline(this.state);
    const now = this.#surroundings.clock();
    if (deadline !== null && now >= deadline.at) {
      this.#decideOn({ type: 'WAKE' });
      return;
    }
    const taken = take(this.#inbox);
    if (taken !== null) {
      this.#inbox = taken.rest;
      this.#decideOn(taken.event);
      return;
    }
    if (deadline !== null) this.#wakeIn(deadline.at - now);
  }

  /** What goes before an answer, which then waits on or is overtaken; the answer itself when nothing does. */
  #firstBefore(answer: CaseEvent): CaseEvent {
    if (answer.type !== 'READING') return answer;
    const before = takeBefore(this.#inbox, answer, this.#overtaken);
    if (before === null) return answer;
    this.#inbox = before.rest;
    if (before.event.type === 'FIGURES') this.#overtaken += 1;
    else this.#waiting.unshift(answer);
    return before.event;
  }

  #wakeIn(ms: number): void {
    const { agenda } = this.#surroundings;
    const at = agenda.now + ms;
    if (this.#wakeAt !== null && this.#wakeAt > agenda.now && this.#wakeAt <= at) return;
    this.#wakeAt = at;
    agenda.after(ms, () => {
      this.goOn();
    });
  }

  #decideOn(event: CaseEvent): void {
    const { clock, policyInForce, crashes, random, decided } = this.#surroundings;
    const [before, policy, at] = [this.state, policyInForce(), clock()];
    const decision = decide(before, event, policy, at);
    if (crashes()) {
      // Nobody saw the decision: after a restart the event is there again, and what was kept is plain data.
      this.state = storedAndRead(before);
      this.#waiting.unshift(event);
      this.#pause(random.whole(1, RESTART_MS_MAX));
      return;
    }
    this.#take(decision);
    decided({
      before,
      event,
      after: decision.state,
      actions: decision.actions,
      at,
      policyInForce: policy,
    });
    this.#pause(0);
  }

  #take({ state, actions }: Decision): void {
    this.state = state;
    this.#actions.push(...actions);
  }

  #perform(action: LadderAction): void {
    const { random, crashes } = this.#surroundings;
    const isSlow = crashes();
    if (action.type === 'READ_FIGURES') {
      const ms = isSlow ? random.whole(1, SLOW_MS_MAX) : random.whole(1, READ_MS_MAX);
      // What is read is true when it is read; the answer may lie on its way.
      const readAfter = random.whole(0, ms);
      this.#pause(ms, readAfter, () => {
        const reading = this.#surroundings.read(action.request);
        const { attempt, executionId } = action;
        this.#waiting.push({ type: 'READING', attempt, executionId, reading });
      });
      return;
    }
    const ms = random.whole(1, PUBLISH_MS_MAX);
    if (isSlow) this.#surroundings.publish(action);
    const again = isSlow ? ms + random.whole(1, SLOW_MS_MAX) : ms;
    this.#pause(again, again, () => {
      if (action.type === 'ORDERS' && this.#surroundings.isHeld()) this.#withhold(action, isSlow);
      else this.#publish(action);
    });
  }

  /** `mayBeOut`: an attempt before has sent them, and nobody heard of it. */
  #withhold({ orders }: Extract<CaseAction, { type: 'ORDERS' }>, mayBeOut: boolean): void {
    const orderIds = orders.map(({ orderId }) => orderId);
    this.#waiting.push({ type: 'ORDERS_WITHHELD', orderIds, reason: HELD, mayBeOut });
  }

  #publish(action: CaseAction): void {
    const { publish, clock } = this.#surroundings;
    publish(action);
    const ackAt = clock();
    const { episode } = action;
    if (action.type === 'CALL') this.#waiting.push({ type: 'CALL_PUBLISHED', episode, ackAt });
    if (action.type === 'CLOSE_ONLY') {
      this.#waiting.push({ type: 'RESTRICTION_PUBLISHED', episode, ackAt });
    }
  }

  /** Nothing else is done for so long; on the way something happens. */
  #pause(ms: number, happensAfter = 0, happens: () => void = () => undefined): void {
    const { agenda } = this.#surroundings;
    this.#busy = true;
    agenda.after(happensAfter, happens);
    agenda.after(ms, () => {
      this.#busy = false;
      this.goOn();
    });
  }
}

const HELD: StaleReason = {
  code: 'ENFORCEMENT_HELD',
  what: 'GLOBAL',
  observed: 'held by ann: a vendor sends nonsense',
  limit: 'resumed by two persons',
};

/** What continue-as-new and a history make of a state. */
function storedAndRead(state: LadderState): LadderState {
  return JSON.parse(JSON.stringify(state)) as LadderState;
}
