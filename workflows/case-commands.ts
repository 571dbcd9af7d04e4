import type {
  CommandMessage,
  ENVELOPE_CHARACTERS_MAX,
  RefusedCommand,
  UnprovedCommand,
} from '#contracts/command-envelope.ts';
import type {
  COMMAND_UPDATE,
  CommandReply,
  HOLD_SIGNAL,
  HoldMessage,
} from '#contracts/case-messages.ts';
import { answerTo } from '#domain/case-answers.ts';
import type { CaseCommand, HoldCommand } from '#domain/case-commands.ts';
import { episodeRefusal } from '#domain/case-refusals.ts';
import { summaryOf } from '#domain/case-summary.ts';
import type { LadderState } from '#domain/ladder-state.ts';
import { AMOUNT_MAX_E4 } from '#domain/money.ts';
import { defineSignal, defineUpdate, uuid4 } from '@temporalio/workflow';
import { failureOf } from './refusal-failure.ts';

/** The commands of people to a case (DESIGN 16): an update with a signed envelope, and `hold` by hand. */

export const command = defineUpdate<CommandReply, [CommandMessage], typeof COMMAND_UPDATE>(
  'command',
);
export const hold = defineSignal<[HoldMessage], typeof HOLD_SIGNAL>('hold');

/**
 * Why a case does not even consider a message, or null: its shape, its account, its time, the episode
 * that the person saw. The signature is not looked at here: that is not synchronous.
 */
export function refusalAtDoor(
  payload: unknown,
  state: LadderState,
  now: number,
): RefusedCommand | null {
  if (!isCommandMessage(payload, state.accountId)) {
    return {
      code: 'MALFORMED_COMMAND',
      observed: 'another shape or value',
      limit: 'a command to this account, as the API writes it',
    };
  }
  if (now >= payload.expiresAt) {
    const [observed, limit] = [now, payload.expiresAt].map((at) => new Date(at).toISOString());
    return { code: 'COMMAND_EXPIRED', observed: observed ?? '', limit: limit ?? '' };
  }
  return answerTo(state, payload.command.commandId) === null
    ? episodeRefusal(state, payload.command)
    : null;
}

/** What the case answers to a command that it has decided. Throws the refusal. */
export function replyTo(state: LadderState, { commandId }: CaseCommand): CommandReply {
  const answer = answerTo(state, commandId);
  if (answer === null) throw new Error(`the command ${commandId} is not decided`);
  if (answer.outcome === null) throw failureOf(answer.refusal);
  return { commandId, outcome: answer.outcome, case: summaryOf(state) };
}

const TEXT_MAX = 500;
const ID = /^[A-Za-z0-9_.:-]{1,64}$/;
/** Of a name typed by hand; the mark that nobody proved it comes after. */
const TYPED_NAME_MAX = 40;

/**
 * A hold as people type it: an object, a bare reason, or nothing at all. It is never turned away for
 * its shape; that its name is only typed stays visible.
 */
export function parseHold(payload: unknown, episode: number, now: number): HoldCommand {
  const fields = isObject(payload) ? payload : { reason: payload };
  const name = textOf(fields.by)?.slice(0, TYPED_NAME_MAX) ?? 'somebody';
  return {
    type: 'HOLD',
    commandId: `typed:${uuid4()}`,
    at: now,
    by: `${name} (Temporal Web UI)`,
    episode,
    reason: textOf(fields.reason)?.slice(0, TEXT_MAX) ?? 'no reason given',
  };
}

function isCommandMessage(payload: unknown, accountId: string): payload is CommandMessage {
  return (
    isObject(payload) &&
    payload.accountId === accountId &&
    isCount(payload.expiresAt) &&
    isText(payload.envelope, ENVELOPE_MAX) &&
    isCommand(payload.command)
  );
}

/** As contracts/command-envelope.ts has it; workflows take types only from there. */
const ENVELOPE_MAX: typeof ENVELOPE_CHARACTERS_MAX = 2_000;

function isCommand(command: unknown): command is UnprovedCommand {
  if (!isObject(command)) return false;
  const { commandId, at, episode } = command;
  const known = typeof commandId === 'string' && ID.test(commandId);
  return known && isCount(at) && isCount(episode) && hasItsFields(command);
}

function hasItsFields(command: Record<string, unknown>): boolean {
  const { type, reason, authorityReference: authority } = command;
  switch (type) {
    case 'PENDING_FUNDS':
      return (
        isAmount(command.amountE4) &&
        isText(command.evidence, TEXT_MAX) &&
        isCount(command.fundsExpireAt)
      );
    case 'EXTEND':
      return (
        isCount(command.dueAt) &&
        isText(reason, TEXT_MAX) &&
        (authority === null || isText(authority, TEXT_MAX))
      );
    case 'RELEASE':
    case 'HOLD':
    case 'RESUME':
      return isText(reason, TEXT_MAX);
    default:
      return false;
  }
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : null;
}

function isText(value: unknown, charactersMax: number): boolean {
  return typeof value === 'string' && value !== '' && value.length <= charactersMax;
}

function isAmount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) > 0 && Number(value) <= AMOUNT_MAX_E4;
}

/** 1 Jan 2100, as contracts/wire.ts has it. */
const INSTANT_MAX_MS = 4_102_444_800_000;

/** An instant, Unix ms, or a count. */
function isCount(value: unknown): value is number {
  const isWhole = typeof value === 'number' && Number.isSafeInteger(value);
  return isWhole && value >= 0 && value <= INSTANT_MAX_MS;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
