import { describe, expect, test } from '@jest/globals';
import {
  DEAD_LETTER_VALUE_MAX,
  deadLetterKey,
  deadLetterSchema,
  encodeDeadLetter,
} from './dead-letter.ts';
import type { RecordOrigin, Refusal } from './dead-letter.ts';

const NOW = 1_795_000_000_000;
const ORIGIN: RecordOrigin = {
  topic: 'fills.v1',
  partition: 3,
  offset: 42,
  key: 'ACC_1',
  value: Buffer.from('{"qty": NaN}'),
};
const REFUSAL: Refusal = { code: 'MALFORMED', reason: 'not JSON', accountId: 'ACC_1' };

describe('a refused record becomes a dead letter', () => {
  test('with its reason, its origin and its value', () => {
    const letter = encodeDeadLetter(ORIGIN, REFUSAL, 'margin-engine', NOW);
    expect(letter).toEqual({
      code: 'MALFORMED',
      reason: 'not JSON',
      topic: 'fills.v1',
      partition: 3,
      offset: 42,
      key: 'ACC_1',
      value_base64: Buffer.from('{"qty": NaN}').toString('base64'),
      value_truncated: false,
      account_id: 'ACC_1',
      refused_by: 'margin-engine',
      timestamp: NOW,
    });
    expect(deadLetterKey(ORIGIN)).toBe('fills.v1:3:42');
  });

  const hostile: [string, Partial<RecordOrigin>, Partial<Refusal>][] = [
    ['a tombstone', { value: null }, {}],
    ['no key', { key: null }, {}],
    ['an empty key', { key: '' }, {}],
    ['a key of a megabyte', { key: 'k'.repeat(1_000_000) }, {}],
    ['a value of ten megabytes', { value: new Uint8Array(10_000_000) }, {}],
    ['an empty reason', {}, { reason: '' }],
    ['a reason of a megabyte', {}, { reason: 'r'.repeat(1_000_000) }],
    ['a reason of escapes', {}, { reason: '\u001b[2J'.repeat(1000) }],
    ['a reason that is cut inside a pair', {}, { reason: `${'x'.repeat(499)}😀` }],
    ['an unpaired surrogate', {}, { reason: 'a\ud800b' }],
    ['an account id that is none', {}, { accountId: 'no such id!' }],
    ['no account id', {}, { accountId: null }],
  ];
  test.each(hostile)('of the schema whatever it held: %s', (_name, origin, refusal) => {
    const letter = encodeDeadLetter(
      { ...ORIGIN, ...origin },
      { ...REFUSAL, ...refusal },
      'margin-engine',
      NOW,
    );
    expect(deadLetterSchema.safeParse(JSON.parse(JSON.stringify(letter))).error).toBeUndefined();
    expect(letter.reason).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u);
  });

  test('that shows a control character instead of sending it to the terminal', () => {
    const letter = encodeDeadLetter(
      { ...ORIGIN, key: 'A\u0000B' },
      { ...REFUSAL, reason: 'saw \u001b[2J\n\u202e' },
      'margin-engine',
      NOW,
    );
    expect(letter.reason).toBe('saw \\u001b[2J\\u000a\\u202e');
    expect(letter.key).toBe('A\\u0000B');
  });

  test('that says when its value was cut', () => {
    const value = new Uint8Array(300_001).fill(7);
    const letter = encodeDeadLetter({ ...ORIGIN, value }, REFUSAL, 'margin-engine', NOW);
    expect(letter.value_truncated).toBe(true);
    expect(letter.value_base64).toHaveLength(DEAD_LETTER_VALUE_MAX);
    expect(Buffer.from(letter.value_base64, 'base64')).toHaveLength(300_000);
  });
});
