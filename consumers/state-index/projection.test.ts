import { describe, expect, test } from '@jest/globals';
import { caseSnapshot, marginCalc, NOON } from '#test/account-records.ts';
import {
  caseInAudit,
  HEALTHY_WRITE_MS_MIN,
  latestCases,
  latestFigures,
  mayWaitUntil,
} from './projection.ts';
import type { FiguresChange, LastWrite } from './projection.ts';

const PRICE_MOVE: FiguresChange = {
  latest: marginCalc({ cause: 'PRICE', sequence: 2 }),
  beyondPrices: false,
};
const WRITTEN: LastWrite = { status: 'ACTIVE', rung: 'ACTIVE', at: NOON };

describe('a price move of a healthy account', () => {
  test('waits until a minute after the last write', () => {
    expect(mayWaitUntil(PRICE_MOVE, WRITTEN, NOON + 1)).toBe(NOON + HEALTHY_WRITE_MS_MIN);
    expect(mayWaitUntil(PRICE_MOVE, WRITTEN, NOON + 59_999)).toBe(NOON + HEALTHY_WRITE_MS_MIN);
  });
  test('is written when the minute is over', () => {
    expect(mayWaitUntil(PRICE_MOVE, WRITTEN, NOON + 60_000)).toBeNull();
  });
});

describe('figures are written at once', () => {
  const moved = (changes: Parameters<typeof marginCalc>[0]): FiguresChange => ({
    latest: marginCalc({ cause: 'PRICE', ...changes }),
    beyondPrices: false,
  });
  const table: [string, FiguresChange, LastWrite | undefined][] = [
    ['of an account not seen before', PRICE_MOVE, undefined],
    ['after a fill', { ...PRICE_MOVE, beyondPrices: true }, WRITTEN],
    ['when the status becomes WARNING', moved({ status: 'WARNING' }), WRITTEN],
    ['when the status becomes MARGIN_CALL', moved({ status: 'MARGIN_CALL' }), WRITTEN],
    ['when a price is missing', moved({ status: 'INDETERMINATE' }), WRITTEN],
    ['when the status is ACTIVE again', PRICE_MOVE, { ...WRITTEN, status: 'WARNING' }],
    ['of an account with a call', PRICE_MOVE, { ...WRITTEN, rung: 'MARGIN_CALL' }],
  ];
  test.each(table)('%s', (_when, change, last) => {
    expect(mayWaitUntil(change, last, NOON + 1)).toBeNull();
  });
});

describe('of a batch only the latest figures of each account count', () => {
  test('whatever their order', () => {
    const first = marginCalc({ sequence: 1, cause: 'FILL' });
    const second = marginCalc({ sequence: 2, cause: 'PRICE' });
    const other = marginCalc({ account_id: 'ACC_2', cause: 'PRICE' });
    const changes = latestFigures([second, other, first]);
    expect([...changes.keys()]).toEqual(['ACC_1', 'ACC_2']);
    expect(changes.get('ACC_1')).toEqual({ latest: second, beyondPrices: true });
    expect(changes.get('ACC_2')).toEqual({ latest: other, beyondPrices: false });
  });
  test('and a later generation beats a higher sequence', () => {
    const old = marginCalc({ generation: 1, sequence: 900 });
    const taken = marginCalc({ generation: 2, sequence: 1 });
    expect(latestFigures([taken, old]).get('ACC_1')?.latest).toBe(taken);
  });
});

describe('an audit event', () => {
  const event = (details: Record<string, unknown>) => ({
    event_id: 'e1',
    event_type: 'MARGIN_CALL',
    account_id: 'ACC_1',
    actor: 'account-case',
    timestamp: '2026-11-21T12:00:00.000Z',
    details,
    correlation_id: 'corr-1',
    causation_id: null,
  });
  test('tells its case', () => {
    const snapshot = caseSnapshot();
    expect(caseInAudit(event({ case: snapshot, demand: 5 }))).toEqual({
      kind: 'CASE',
      accountId: 'ACC_1',
      snapshot,
    });
  });
  test('may tell none', () => {
    expect(caseInAudit(event({ order_id: 'o1' }))).toEqual({ kind: 'NONE' });
  });
  test('with a wrong case is malformed and names the field', () => {
    const found = caseInAudit(event({ case: { ...caseSnapshot(), rung: 'FINE' } }));
    expect(found.kind).toBe('MALFORMED');
    expect(JSON.stringify(found)).toContain('/details/case/rung');
  });
});

test('of the cases in a batch the latest version of each account counts, whatever their order', () => {
  const older = caseSnapshot({ case_version: '0000000001-000000000000001' });
  const newer = caseSnapshot({ case_version: '0000000001-000000000000002', rung: 'RESTRICTED' });
  const cases = [newer, older].map((snapshot) => ({ accountId: 'ACC_1', snapshot }));
  expect(latestCases(cases)).toEqual(new Map([['ACC_1', newer]]));
});
