import type { ControlMode, HolderName } from './control-state.ts';

/** A command of killswitch.commands.v1 that makes a scope stricter. Machines and people may (DESIGN 15). */
export interface RestrictCommand {
  readonly type: 'RESTRICT';
  readonly commandId: string;
  /** Its offset in killswitch.commands.v1: the scope's epoch from here on. */
  readonly offset: number;
  readonly holder: HolderName;
  readonly mode: ControlMode;
  readonly reason: string;
  readonly actor: string;
}

/**
 * A command of killswitch.commands.v1 that would loosen. Whoever wrote it, it changes nothing but what
 * offset is covered: only a person's signed request loosens.
 */
export interface LooseCommand {
  readonly type: 'LOOSE_COMMAND';
  readonly commandId: string;
  readonly offset: number;
  readonly action: string;
  readonly actor: string;
}

/** A margin case puts its own holder on or takes it off: a stale call, stress (restrictions.v1). */
export interface HolderEvent {
  readonly type: 'HOLD';
  readonly commandId: string;
  /** Its offset in restrictions.v1: what is at or below the last one taken is a repetition. */
  readonly offset: number;
  readonly holder: HolderName;
  readonly mode: ControlMode | null;
  readonly reason: string;
  readonly actor: string;
}

/** A person asks to loosen; the subject comes from the signed envelope, never from the body. */
export interface LiftAsked {
  readonly type: 'LIFT_ASKED';
  readonly requestId: string;
  readonly holder: HolderName;
  readonly to: ControlMode | null;
  /** The epoch that the person saw and means. */
  readonly epoch: number;
  readonly reason: string;
  readonly subject: string;
}

/** A second person approves exactly what was asked. */
export interface LiftApproved {
  readonly type: 'LIFT_APPROVED';
  readonly approvalId: string;
  readonly requestId: string;
  readonly epoch: number;
  readonly reason: string;
  readonly subject: string;
}

export interface CancelsConfirmed {
  readonly type: 'CANCELS_CONFIRMED';
  /** The version that asked for the cancels, or a later one that is known. */
  readonly version: number;
}

/** The instant of `loosensAt` or of a request's expiry may have come. */
export interface ControlTick {
  readonly type: 'TICK';
}

export type ControlEvent =
  | RestrictCommand
  | LooseCommand
  | HolderEvent
  | LiftAsked
  | LiftApproved
  | CancelsConfirmed
  | ControlTick;

/** Why a person's command about a control is refused: a value, not an exception. */
export type ControlRefusal =
  | 'NOT_HELD'
  | 'OTHER_EPOCH'
  | 'NOT_LOOSER'
  | 'ALREADY_ASKED'
  | 'NO_SUCH_REQUEST'
  | 'REQUEST_EXPIRED'
  | 'NOT_WHAT_WAS_ASKED'
  | 'SAME_PERSON';

/** What a decision about a scope does to the world. */
export type ControlAction =
  /** The state changed: its whole set goes to control.events.v1, versioned. */
  | { readonly type: 'PUBLISH' }
  /** Working orders that the new mode does not let stand are cancelled. */
  | { readonly type: 'CANCEL_ORDERS' }
  | {
      readonly type: 'AUDIT';
      readonly what:
        | 'RESTRICTED'
        | 'REPEATED'
        | 'LOOSE_COMMAND_IGNORED'
        | 'LIFT_ASKED'
        | 'LIFTED'
        | 'LIFT_EXPIRED'
        | 'LOOSENED_AFTER_COOLDOWN'
        | 'REFUSED';
      /** The person or machine that the decision rests on. */
      readonly subject: string;
      /** Of a lift by two: who asked for it; `subject` approved. null for every other decision. */
      readonly askedBy: string | null;
      readonly reason: string;
      readonly commandId: string;
    };

/** What a person hears. */
export type ControlAnswer =
  | { readonly is: 'DONE' }
  | { readonly is: 'WAITS_FOR_APPROVAL'; readonly requestId: string; readonly expiresAt: number }
  | { readonly is: 'REFUSED'; readonly code: ControlRefusal };

/** What a step gives: the next state, what to do, and the answer to a person. */
export interface ControlStep<State> {
  readonly state: State;
  readonly actions: readonly ControlAction[];
  readonly answer: ControlAnswer;
}
