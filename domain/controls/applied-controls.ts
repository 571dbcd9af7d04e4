import type { ControlView, KillMode } from '../gate/control-view.ts';
import type { Scope } from '../scopes.ts';
import { scopeName } from '../scopes.ts';
import { MARGIN_HOLDERS } from './control-state.ts';
import type { ControlMode, ControlState } from './control-state.ts';

/** What a record of killswitch.state.v1 tells a gate. */
export type AppliedState = Pick<
  ControlState,
  'scope' | 'version' | 'coversOffset' | 'holders' | 'cancelsPendingSince'
>;

/** A command of killswitch.commands.v1 that makes a scope stricter; `offset` is where it lies. */
export interface AppliedCommand {
  readonly scope: Scope;
  readonly offset: number;
  readonly mode: ControlMode;
}

/** A control of a scope that cannot be read: it may be anything, so it stops the scope. */
export interface UnreadableControl {
  readonly scope: Scope;
  /** Where it lies. */
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** When it was written, ms. */
  readonly at: number;
}

/** What stands in front of the orders of a scope. */
export interface EffectiveControls {
  readonly kill: KillMode | null;
  /** At most so many orders in any second; null without a throttle. */
  readonly maxRatePerSecond: number | null;
  /** A margin case made the account close-only: no kill, and refused under its own code. */
  readonly closeOnly: boolean;
  /** The account may buy with available cash only and sell what it holds. */
  readonly noNewDebitOrShort: boolean;
  /**
   * Under that, what already works may buy beyond the cash: of the gate's cancels not all are confirmed,
   * or nobody has told yet that they are.
   */
  readonly purchasesWait: boolean;
}

export const NOTHING_HELD: EffectiveControls = {
  kill: null,
  maxRatePerSecond: null,
  closeOnly: false,
  noNewDebitOrShort: false,
  purchasesWait: false,
};

/** What is known of a scope, and from what. */
export interface SeenControls {
  /** Of the last state taken; −1 before the first. */
  readonly version: number;
  readonly coversOffset: number;
  /** The last command that was read, whether it changed anything or not; −1 before the first. */
  readonly lastCommand: number;
  readonly effective: EffectiveControls;
}

const UNKNOWN: SeenControls = {
  version: -1,
  coversOffset: -1,
  lastCommand: -1,
  effective: NOTHING_HELD,
};

/**
 * The controls as a gate or venue adapter holds them (DESIGN 15). A command that makes a scope stricter
 * acts at once, with or without whoever writes state. Anything looser comes only from a state that
 * covers the last command read of that scope; a state that does not can make stricter, never looser.
 * So whatever is repeated, late or out of order between the two topics loosens nothing. An UNKILL of
 * the command topic is not fed to this at all.
 */
export class AppliedControls {
  readonly #scopes = new Map<string, SeenControls>();
  /** By scope, the last one that still stops it. */
  readonly #unreadable = new Map<string, UnreadableControl>();

  /** What stands for the scope afterwards, or null when the command changed nothing. */
  takeCommand({ scope, offset, mode }: AppliedCommand): EffectiveControls | null {
    const held = this.#of(scope);
    if (offset <= held.lastCommand) return null;
    const lastCommand = offset;
    // A state that covers the command was written knowing it.
    if (offset <= held.coversOffset) return this.#set(scope, held, { ...held, lastCommand });
    // The gate has yet to look at what works.
    const purchasesWait = mode.kind === 'NO_NEW_DEBIT_OR_SHORT';
    const effective = stricterOf(held.effective, { ...asked(mode), purchasesWait });
    return this.#set(scope, held, { ...held, lastCommand, effective });
  }

  /** What stands for the scope afterwards, or null when the state changed nothing. */
  takeState(state: AppliedState): EffectiveControls | null {
    const { scope, version, coversOffset } = state;
    const held = this.#of(scope);
    if (version <= held.version) return null;
    const told = toldBy(state);
    const covers = coversOffset >= held.lastCommand;
    if (covers) this.#unreadable.delete(scopeName(scope));
    const effective = covers ? told : stricterOf(held.effective, told);
    return this.#set(scope, held, { ...held, version, coversOffset, effective });
  }

  /**
   * A state of the scope that nobody here can read may say anything: it stops the scope, until a later state
   * is read that covers what was read of its commands. null when it was stopped before.
   */
  takeUnreadableState(control: UnreadableControl): EffectiveControls | null {
    const { scope } = control;
    this.#unreadable.set(scopeName(scope), control);
    const held = this.#of(scope);
    const effective = stricterOf(held.effective, asked({ kind: 'BLOCK' }));
    return this.#set(scope, held, { ...held, effective });
  }

  /** So does a command, until a state covers it. null when it changed nothing. */
  takeUnreadableCommand(control: UnreadableControl): EffectiveControls | null {
    const { scope, offset } = control;
    const { lastCommand, coversOffset } = this.#of(scope);
    if (offset > Math.max(lastCommand, coversOffset)) {
      this.#unreadable.set(scopeName(scope), control);
    }
    return this.takeCommand({ scope, offset, mode: { kind: 'BLOCK' } });
  }

  /** What stops its scope because it cannot be read, at most one of each scope. */
  unreadable(): Iterable<UnreadableControl> {
    return this.#unreadable.values();
  }

  of(scope: Scope): EffectiveControls {
    return this.#of(scope).effective;
  }

  /** null: nothing was ever told of the scope. */
  seen(scope: Scope): SeenControls | null {
    return this.#scopes.get(scopeName(scope)) ?? null;
  }

  #of(scope: Scope): SeenControls {
    return this.seen(scope) ?? UNKNOWN;
  }

  #set(scope: Scope, before: SeenControls, after: SeenControls): EffectiveControls | null {
    this.#scopes.set(scopeName(scope), after);
    return same(before.effective, after.effective) ? null : after.effective;
  }
}

/** Puts what stands for a scope in front of a gate's orders. */
export function showControls(view: ControlView, scope: Scope, held: EffectiveControls): void {
  view.setKill(scope, held.kill);
  view.setThrottle(scope, held.maxRatePerSecond);
  if (scope.kind !== 'ACCOUNT') return;
  view.setCloseOnly(scope.id, held.closeOnly);
  view.setNoNewDebitOrShort(scope.id, held.noNewDebitOrShort);
}

/** What the holders of a scope come to: the strictest kill, the lowest rate, and close-only beside them. */
export function effectiveOf(holders: AppliedState['holders']): EffectiveControls {
  return holders
    .map(({ name, mode }) =>
      mode.kind === 'REDUCE_ONLY' && MARGIN_HOLDERS.includes(name)
        ? { ...NOTHING_HELD, closeOnly: true }
        : asked(mode),
    )
    .reduce(stricterOf, NOTHING_HELD);
}

function toldBy({ holders, cancelsPendingSince }: AppliedState): EffectiveControls {
  const held = effectiveOf(holders);
  return { ...held, purchasesWait: held.noNewDebitOrShort && cancelsPendingSince !== null };
}

function asked(mode: ControlMode): EffectiveControls {
  switch (mode.kind) {
    case 'THROTTLE':
      return { ...NOTHING_HELD, maxRatePerSecond: mode.maxRatePerSecond };
    case 'NO_NEW_DEBIT_OR_SHORT':
      return { ...NOTHING_HELD, noNewDebitOrShort: true };
    default:
      return { ...NOTHING_HELD, kill: mode.kind };
  }
}

function stricterOf(a: EffectiveControls, b: EffectiveControls): EffectiveControls {
  const rates = [a.maxRatePerSecond, b.maxRatePerSecond].filter((rate) => rate !== null);
  return {
    kill: a.kill === 'BLOCK' || b.kill === 'BLOCK' ? 'BLOCK' : (a.kill ?? b.kill),
    maxRatePerSecond: rates.length === 0 ? null : Math.min(...rates),
    closeOnly: a.closeOnly || b.closeOnly,
    noNewDebitOrShort: a.noNewDebitOrShort || b.noNewDebitOrShort,
    purchasesWait: a.purchasesWait || b.purchasesWait,
  };
}

function same(a: EffectiveControls, b: EffectiveControls): boolean {
  return (
    a.kill === b.kill &&
    a.maxRatePerSecond === b.maxRatePerSecond &&
    a.closeOnly === b.closeOnly &&
    a.noNewDebitOrShort === b.noNewDebitOrShort &&
    a.purchasesWait === b.purchasesWait
  );
}
