import { z } from 'zod';
import { count, id, instant, text } from './wire.ts';

/** Why a record was refused. A closed set; the text beside it says what was seen. */
export const DEAD_LETTER_CODES = [
  /** Not JSON, or not UTF-8. */
  'MALFORMED',
  /** JSON, but not of the topic's schema. */
  'SCHEMA',
  /** Names an option or a future, which is never margined as stock. */
  'UNSUPPORTED',
  /** Larger than the topic's records may be. */
  'TOO_LARGE',
  /** The record's key is not the one its content asks for: it lies on a wrong partition. */
  'WRONG_KEY',
  /** Older than the horizon within which a fill or cash movement is counted once. */
  'TOO_OLD',
  /** A price more than a second ahead of the broker's timestamp (DESIGN 6). */
  'FROM_THE_FUTURE',
  /** The account's figures would leave the range in which cents are exact. */
  'OUT_OF_RANGE',
  /** The id of a fill, cash movement or adjustment that is in the books with other content. */
  'DIFFERENT_CONTENT',
  /** A cancel, correction or reversal of what is not in the books. */
  'UNKNOWN_REFERENCE',
  /** A cancel, correction or reversal of what was taken back before. */
  'ALREADY_ENDED',
  /** A cancel, correction or reversal of what another account's books hold. */
  'OTHER_ACCOUNT',
  /** A cancel or correction of a fill whose shares have been split or renamed since. */
  'CONVERTED_SINCE',
  /** A split or a change of symbol of what the account does not hold. */
  'NOT_HELD',
] as const;
export type DeadLetterCode = (typeof DEAD_LETTER_CODES)[number];

/** The longest value that a dead letter keeps, in characters of base64. */
export const DEAD_LETTER_VALUE_MAX = 400_000;

/** A refused record with its reason and origin (DESIGN 25). The value is base64: it can be anything. */
export const deadLetterSchema = z
  .strictObject({
    code: z.enum(DEAD_LETTER_CODES),
    reason: text(500),
    topic: text(249),
    partition: count,
    offset: count,
    key: text(200).nullable(),
    value_base64: z.string().max(DEAD_LETTER_VALUE_MAX),
    value_truncated: z.boolean(),
    account_id: id.nullable(),
    refused_by: id,
    timestamp: instant,
  })
  .meta({ id: 'DeadLetter' });

export type DeadLetterRecord = z.infer<typeof deadLetterSchema>;

/** The most bytes whose base64 fits in `DEAD_LETTER_VALUE_MAX`. */
const VALUE_BYTES_MAX = Math.floor(DEAD_LETTER_VALUE_MAX / 4) * 3;
const REASON_MAX = 500;
const KEY_MAX = 200;

/** A record as it lay in its topic; `topic` without any prefix. */
export interface RecordOrigin {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  /** The raw bytes; null is a tombstone. */
  readonly value: Uint8Array | null;
}

/** Why a record is refused: the code, and in words what was seen. Outside text may stand in `reason`. */
export interface Refusal {
  readonly code: DeadLetterCode;
  readonly reason: string;
  /** The account that the record is about, when it can be told. */
  readonly accountId?: string | null;
}

/**
 * A refused record as a dead letter. Whatever the record held, the result is of the schema: the value
 * is base64 and cut at `DEAD_LETTER_VALUE_MAX`, reason and key are cut and their control characters
 * escaped, so that a log or a terminal shows them as they are. `now` is Unix ms.
 */
export function encodeDeadLetter(
  origin: RecordOrigin,
  refusal: Refusal,
  refusedBy: string,
  now: number,
): DeadLetterRecord {
  const value = origin.value ?? new Uint8Array();
  const accountId = id.safeParse(refusal.accountId);
  return {
    code: refusal.code,
    reason: printable(refusal.reason, REASON_MAX) ?? refusal.code,
    topic: origin.topic,
    partition: origin.partition,
    offset: origin.offset,
    key: origin.key === null ? null : printable(origin.key, KEY_MAX),
    value_base64: Buffer.from(value.subarray(0, VALUE_BYTES_MAX)).toString('base64'),
    value_truncated: value.length > VALUE_BYTES_MAX,
    account_id: accountId.success ? accountId.data : null,
    refused_by: refusedBy,
    timestamp: now,
  };
}

/** The key of a dead letter: where the record lay. A record that is refused twice is one letter. */
export function deadLetterKey(origin: RecordOrigin): string {
  return `${origin.topic}:${String(origin.partition)}:${String(origin.offset)}`;
}

/** Text from outside, cut, with control, format and unpaired surrogate characters as \uXXXX; null when empty. */
export function printable(outside: string, charactersMax: number): string | null {
  const escaped = outside
    .slice(0, charactersMax)
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, (character) =>
      Array.from({ length: character.length }, (_, unit) => escapeUnit(character, unit)).join(''),
    )
    .slice(0, charactersMax)
    .replace(/[\uD800-\uDBFF]$/, '');
  return escaped === '' ? null : escaped;
}

function escapeUnit(character: string, unit: number): string {
  return `\\u${character.charCodeAt(unit).toString(16).padStart(4, '0')}`;
}
