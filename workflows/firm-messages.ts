import type {
  ENVELOPE_CHARACTERS_MAX,
  FirmCommandMessage,
  RefusedCommand,
  UnprovedFirmCommand,
} from '#contracts/command-envelope.ts';
import type {
  ASK_TO_START_UPDATE,
  AskToStart,
  FIRM_COMMAND_UPDATE,
  FirmCommandReply,
  START_REQUESTS_MAX,
} from '#contracts/firm-messages.ts';
import { parseFirmScope } from '#domain/firm-enforcement.ts';
import type { StartAnswer } from '#domain/firm-enforcement.ts';
import { defineUpdate } from '@temporalio/workflow';

/**
 * The messages of the firm's enforcement, and what it takes of them. An error in a handler would stop the
 * workflow for everybody: what has another shape is turned away at the door.
 */

export const command = defineUpdate<
  FirmCommandReply,
  [FirmCommandMessage],
  typeof FIRM_COMMAND_UPDATE
>('command');
export const askToStartUpdate = defineUpdate<
  readonly StartAnswer[],
  [AskToStart],
  typeof ASK_TO_START_UPDATE
>('askToStart');

/** Why a person's command is not even considered, or null: its shape, its time. */
export function commandRefusal(payload: unknown, now: number): RefusedCommand | null {
  if (!isCommandMessage(payload)) return malformed('a command to the firm, as the API writes it');
  if (now < payload.expiresAt) return null;
  const [observed = '', limit = ''] = [now, payload.expiresAt].map((at) =>
    new Date(at).toISOString(),
  );
  return { code: 'COMMAND_EXPIRED', observed, limit };
}

/** Why a question to the brake is not considered, or null. */
export function questionRefusal(payload: unknown): RefusedCommand | null {
  return isAskToStart(payload) ? null : malformed('a question to the brake, as a worker asks it');
}

function malformed(limit: string): RefusedCommand {
  return { code: 'MALFORMED_COMMAND', observed: 'another shape or value', limit };
}

/** As the contracts have it; workflows take types only from there. */
const ENVELOPE_MAX: typeof ENVELOPE_CHARACTERS_MAX = 2_000;
const REQUESTS_MAX: typeof START_REQUESTS_MAX = 200;
const TEXT_MAX = 500;
const ID = /^[A-Za-z0-9_.:-]{1,64}$/;
/** With its `SYMBOL:`, as contracts/firm-rest.ts has it. */
const SCOPE_MAX = 64;

function isCommandMessage(payload: unknown): payload is FirmCommandMessage {
  return (
    isObject(payload) &&
    isCount(payload.expiresAt) &&
    isText(payload.envelope, ENVELOPE_MAX) &&
    isCommand(payload.command)
  );
}

function isCommand(said: unknown): said is UnprovedFirmCommand {
  return (
    isObject(said) &&
    (said.type === 'HOLD' || said.type === 'RESUME') &&
    isId(said.commandId) &&
    isCount(said.at) &&
    isText(said.reason, TEXT_MAX) &&
    typeof said.scope === 'string' &&
    said.scope.length <= SCOPE_MAX &&
    parseFirmScope(said.scope) !== null
  );
}

function isAskToStart(payload: unknown): payload is AskToStart {
  if (!isObject(payload)) return false;
  const { requests, limit } = payload;
  return (
    Array.isArray(requests) &&
    requests.length <= REQUESTS_MAX &&
    requests.every(isStartRequest) &&
    isObject(limit) &&
    isCount(limit.accountsMax) &&
    isCount(limit.windowMs)
  );
}

function isStartRequest(request: unknown): boolean {
  return (
    isObject(request) &&
    isId(request.accountId) &&
    isId(request.caseId) &&
    isCount(request.episode) &&
    typeof request.isReleased === 'boolean'
  );
}

function isId(value: unknown): boolean {
  return typeof value === 'string' && ID.test(value);
}

function isText(value: unknown, charactersMax: number): boolean {
  return typeof value === 'string' && value !== '' && value.length <= charactersMax;
}

/** An instant, Unix ms, or a count. */
function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
