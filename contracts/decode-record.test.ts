import { describe, expect, test } from '@jest/globals';
import { decodeRecord, RECORD_BYTES_MAX } from './decode-record.ts';
import { fillSchema } from './ingest.ts';

const FILL = {
  fill_id: 'F1',
  account_id: 'ACC_1',
  symbol: 'NVDA',
  qty: 500,
  price: 400,
  timestamp: 1_795_000_000_000,
};

function decode(value: Uint8Array | null): ReturnType<typeof decodeRecord> {
  return decodeRecord(fillSchema, value, 'KEY');
}

describe('a record is decoded, or refused with the field', () => {
  test('a good record is the type of its topic', () => {
    expect(decode(Buffer.from(JSON.stringify(FILL)))).toEqual({ ok: true, record: FILL });
  });

  const bad: [string, Uint8Array | null, string, RegExp, string][] = [
    ['a tombstone', null, 'MALFORMED', /no value/, 'KEY'],
    ['not UTF-8', Uint8Array.of(0xff, 0xfe), 'MALFORMED', /./, 'KEY'],
    ['not JSON', Buffer.from('{"qty": NaN}'), 'MALFORMED', /JSON/, 'KEY'],
    ['not an object', Buffer.from('[]'), 'SCHEMA', /^the record: /, 'KEY'],
    [
      'a field too many',
      Buffer.from(JSON.stringify({ ...FILL, extra: 1 })),
      'SCHEMA',
      /extra/,
      'ACC_1',
    ],
    [
      'a wrong field',
      Buffer.from(JSON.stringify({ ...FILL, qty: 0 })),
      'SCHEMA',
      /^\/qty: /,
      'ACC_1',
    ],
    [
      'a megabyte',
      new Uint8Array(RECORD_BYTES_MAX + 1),
      'TOO_LARGE',
      new RegExp(String(RECORD_BYTES_MAX)),
      'KEY',
    ],
  ];
  test.each(bad)('%s', (_name, value, code, reason, accountId) => {
    const decoded = decode(value);
    if (decoded.ok) throw new Error('was not refused');
    expect(decoded.refusal.code).toBe(code);
    expect(decoded.refusal.reason).toMatch(reason);
    expect(decoded.refusal.accountId).toBe(accountId);
  });
});
