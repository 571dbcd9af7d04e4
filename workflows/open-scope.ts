import type { LoggedControl } from '#contracts/control-activities.ts';
import type { ControlChange } from '#contracts/control-states.ts';
import type { ControlSignal } from '#contracts/control-messages.ts';
import type { GivenAnswer } from '#domain/controls/control-answers.ts';
import type {
  CancelsConfirmed,
  ControlTick,
  LiftApproved,
  LiftAsked,
} from '#domain/controls/control-events.ts';
import { openScope } from '#domain/controls/control-state.ts';
import type { ControlState } from '#domain/controls/control-state.ts';
import type { Scope } from '#domain/scopes.ts';

/** What a scope's workflow knows, and carries into its next run. */
export interface KnownControls {
  readonly state: ControlState;
  /** The last change of the set. */
  readonly change: ControlChange;
  readonly answers: readonly GivenAnswer[];
  /** Decisions over all runs: the ids of audit events come from it. */
  readonly decisions: number;
}

/** Something to decide. */
export interface Told {
  readonly event:
    LoggedControl['event'] | CancelsConfirmed | LiftAsked | LiftApproved | ControlTick;
  readonly corrId: string;
}

/** So many messages wait at most: people are told to ask again, a confirmation comes again by itself. */
const WAITING_MAX = 1_000;

/** What a scope is and what waits for it. Handlers only put; the main loop takes and decides. */
export class OpenScope {
  known: KnownControls;
  readonly #waiting: Told[] = [];
  #hasNews = false;

  constructor(known: KnownControls) {
    this.known = known;
  }

  /** False when there is no room. */
  put(told: Told): boolean {
    if (this.#waiting.length >= WAITING_MAX) return false;
    this.#waiting.push(told);
    return true;
  }

  /** Of the logs a signal says only that they are to be read, however many come. */
  putSignal(signal: ControlSignal): void {
    if (signal.type === 'CANCELS_CONFIRMED') {
      this.put({ event: signal, corrId: 'cancels-confirmed' });
    } else if (signal.offset > this.#covered(signal.topic)) this.#hasNews = true;
  }

  take(): Told | undefined {
    return this.#waiting.shift();
  }

  /** Is there nothing to decide, and nothing to read? */
  get isEmpty(): boolean {
    return this.#waiting.length === 0 && !this.#hasNews;
  }

  /** The logs are read from here on. */
  readsNews(): void {
    this.#hasNews = false;
  }

  #covered(topic: 'killswitch.commands.v1' | 'restrictions.v1'): number {
    const { coversOffset, coversRestriction } = this.known.state;
    return topic === 'restrictions.v1' ? coversRestriction : coversOffset;
  }
}

/** What is known of a scope before anything was told of it. `now` is Unix ms. */
export function nothingKnown(scope: Scope, now: number): KnownControls {
  const change = { reason: 'new', actor: 'kill-switch', commandId: 'new', corrId: 'new', at: now };
  return { state: openScope(scope), change, answers: [], decisions: 0 };
}
