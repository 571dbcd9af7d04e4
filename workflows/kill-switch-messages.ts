import type {
  CONTROL_COMMAND_UPDATE,
  CONTROL_EVENT_SIGNAL,
  ControlReply,
  ControlSignal,
} from '#contracts/control-messages.ts';
import type {
  ControlCommandMessage,
  RefusedControl,
  UnprovedControlCommand,
} from '#contracts/control-envelope.ts';
import type { LiftApproved, LiftAsked } from '#domain/controls/control-events.ts';
import { HOLDERS } from '#domain/controls/control-state.ts';
import type { ControlMode } from '#domain/controls/control-state.ts';
import { defineSignal, defineUpdate } from '@temporalio/workflow';

/** The messages of a scope's workflow, and what it takes of them: anyone with the Web UI can send one. */

export const machineEvent = defineSignal<[ControlSignal], typeof CONTROL_EVENT_SIGNAL>(
  'machineEvent',
);
export const command = defineUpdate<
  ControlReply,
  [ControlCommandMessage],
  typeof CONTROL_COMMAND_UPDATE
>('command');

/** A signal's payload as what a machine tells; null when it is none, and then it changes nothing. */
export function parseSignal(payload: unknown): ControlSignal | null {
  return isSignal(payload) ? payload : null;
}

/** Why a scope does not even consider a message, or null: its shape, its scope, its time. */
export function refusalAtDoor(payload: unknown, scope: string, now: number): RefusedControl | null {
  if (!isCommandMessage(payload, scope)) {
    return {
      code: 'MALFORMED_COMMAND',
      observed: 'another shape or value',
      limit: 'a command to this scope, as the API writes it',
    };
  }
  if (now < payload.expiresAt) return null;
  const [observed = '', limit = ''] = [now, payload.expiresAt].map((at) =>
    new Date(at).toISOString(),
  );
  return { code: 'COMMAND_EXPIRED', observed, limit };
}

/** What a person asks, when the envelope has proved who it is. */
export function askedBy(subject: string, said: UnprovedControlCommand): LiftAsked | LiftApproved {
  const { epoch, reason } = said;
  return said.type === 'LIFT'
    ? {
        type: 'LIFT_ASKED',
        requestId: said.commandId,
        holder: said.holder,
        to: said.to,
        epoch,
        reason,
        subject,
      }
    : {
        type: 'LIFT_APPROVED',
        approvalId: said.commandId,
        requestId: said.requestId,
        epoch,
        reason,
        subject,
      };
}

function isSignal(payload: unknown): payload is ControlSignal {
  if (!isObject(payload)) return false;
  if (payload.type === 'CANCELS_CONFIRMED') return isCount(payload.version);
  return payload.type === 'LOGGED' && isNewsTopic(payload.topic) && isCount(payload.offset);
}

function isNewsTopic(topic: unknown): boolean {
  return topic === 'killswitch.commands.v1' || topic === 'restrictions.v1';
}

function isCommandMessage(payload: unknown, scope: string): payload is ControlCommandMessage {
  return (
    isObject(payload) &&
    payload.scope === scope &&
    isText(payload.corrId) &&
    isCount(payload.expiresAt) &&
    typeof payload.envelope === 'string' &&
    payload.envelope.length <= ENVELOPE_MAX &&
    isCommand(payload.command)
  );
}

/** As contracts/command-envelope.ts has it; workflows take types only from there. */
const ENVELOPE_MAX = 2_000;

function isCommand(said: unknown): said is UnprovedControlCommand {
  if (!isObject(said)) return false;
  if (!isId(said.commandId) || !isCount(said.epoch) || !isText(said.reason)) return false;
  if (said.type === 'APPROVE') return isId(said.requestId);
  return said.type === 'LIFT' && isHolder(said.holder) && isModeOrNull(said.to);
}

function isMode(mode: unknown): mode is ControlMode {
  if (!isObject(mode)) return false;
  if (mode.kind === 'THROTTLE') return isCount(mode.maxRatePerSecond);
  return ['BLOCK', 'REDUCE_ONLY', 'NO_NEW_DEBIT_OR_SHORT'].some((kind) => kind === mode.kind);
}

function isModeOrNull(mode: unknown): boolean {
  return mode === null || isMode(mode);
}

function isHolder(name: unknown): boolean {
  return HOLDERS.some((holder) => holder === name);
}

const ID = /^[A-Za-z0-9_.:-]{1,64}$/;
const TEXT_MAX = 500;

function isId(value: unknown): boolean {
  return typeof value === 'string' && ID.test(value);
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '' && value.length <= TEXT_MAX;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
