import { encodeControlState, decodeControlState } from '#contracts/control-states.ts';
import type { ControlStateRecord } from '#contracts/control-states.ts';
import type { ListedScope } from '#contracts/control-rest.ts';
import { loggedControl } from '#contracts/logged-controls.ts';
import { decodeScope } from '#contracts/scopes.ts';
import type { RestrictCommand } from '#domain/controls/control-events.ts';
import { isStricter, openScope, sortOf } from '#domain/controls/control-state.ts';
import { decideControls } from '#domain/controls/controls.ts';
import type { ControlPolicy } from '#domain/controls/controls.ts';
import type { InboundRecord } from '#ports/records.ts';

interface Told {
  readonly command: RestrictCommand;
  readonly corrId: string;
  /** The broker's timestamp, ms. */
  readonly at: number;
}

/** A command only makes stricter: nothing of a policy is asked for it. */
const POLICY: ControlPolicy = {
  twoPersons: () => true,
  approvalMs: 0,
  cooldownMs: null,
  cooldownRatePerSecond: 0,
};

/**
 * What killswitch.commands.v1 tells that the states do not cover yet. Gates follow it already; who writes
 * the states, a worker or the projector, may be slow or away. Of each scope at most one for each holder
 * and sort of mode.
 */
export class ToldCommands {
  readonly #scopes = new Map<string, readonly Told[]>();

  /** `coversOffset`: of the scope's state, −1 without one. What cannot be read the leases tell. */
  take(record: InboundRecord, coversOffset: (scope: string) => number): void {
    const logged = loggedControl(record);
    if (logged === null) return;
    const { scope, control } = logged;
    const { event: command, corrId } = control;
    if (command.type !== 'RESTRICT' || command.offset <= coversOffset(scope)) return;
    const told = this.of(scope);
    const held = told.find((one) => isSamePlace(one.command, command));
    const next =
      held !== undefined && !isStricter(command.mode, held.command.mode)
        ? { ...held, command: { ...held.command, offset: command.offset } }
        : { command, corrId, at: record.timestamp };
    this.#scopes.set(scope, [...told.filter((one) => one !== held), next]);
  }

  /** A state of the scope covers its commands up to that offset. */
  cover(scope: string, coversOffset: number): void {
    const left = this.of(scope).filter(({ command }) => command.offset > coversOffset);
    if (left.length === 0) this.#scopes.delete(scope);
    else this.#scopes.set(scope, left);
  }

  /** In the order of their offsets. */
  of(scope: string): readonly Told[] {
    return this.#scopes.get(scope) ?? [];
  }

  scopes(): Iterable<string> {
    return this.#scopes.keys();
  }
}

/** A scope as its state will be once it covers what is told; its version is still that of the state. */
export function withTold(
  scope: string,
  state: ControlStateRecord | null,
  told: readonly Told[],
): ListedScope | null {
  const last = told.at(-1);
  if (last === undefined) return state === null ? null : { ...state, told: [] };
  const before = state === null ? openScope(decodeScope(scope)) : decodeControlState(state);
  const { holders, request } = told.reduce(
    (held, { command, at }) => decideControls(held, command, POLICY, at).state,
    before,
  );
  const { reason, actor, commandId } = last.command;
  const change = { reason, actor, commandId, corrId: last.corrId, at: last.at };
  return {
    ...encodeControlState({ ...before, holders, request }, change),
    told: told.map(({ command }) => command.offset),
  };
}

function isSamePlace(a: RestrictCommand, b: RestrictCommand): boolean {
  return a.holder === b.holder && sortOf(a.mode) === sortOf(b.mode);
}
