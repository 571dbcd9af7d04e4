import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { NO_TOTALS } from '#contracts/margin-figures.ts';
import type { MarginCalcRecord } from '#contracts/margin-figures.ts';
import { MoneyAtRisk } from './money-at-risk.ts';

/** What all accounts lack, kept up with each change, is what one would add up anew. */

function figures(status: MarginCalcRecord['status'], deficiency: number): MarginCalcRecord {
  return {
    ...{ account_id: 'ACC_1', generation: 1, sequence: 1, as_of: 1, cause: 'PRICE' },
    ...{ input_offsets: { 'fills.v1': 0, 'cash.v1': 0, 'adjustments.v1': 0 } },
    ...{ credited_total: 0, cash: 0, blocked_by: [] },
    ...{ positions: [], ...NO_TOTALS, status, prices_missing: [], beta_defaulted: [] },
    ...{ policy_version: 'p', correlation_id: 'c' },
    deficiency: status === 'INDETERMINATE' ? null : deficiency,
  };
}

const change = fc.record({
  account: fc.integer({ min: 0, max: 4 }),
  status: fc.constantFrom('ACTIVE' as const, 'MARGIN_CALL' as const, 'INDETERMINATE' as const),
  cents: fc.integer({ min: 0, max: 1_000_000_000 }),
  unreadable: fc.boolean(),
});

describe('money at risk', () => {
  test('is the sum over the last figures of every account, after any changes', () => {
    fc.assert(
      fc.property(fc.array(change), (changes) => {
        const money = new MoneyAtRisk();
        const last = new Map<number, MarginCalcRecord>();
        for (const { account, status, cents, unreadable } of changes) {
          const after = unreadable ? null : figures(status, cents / 100);
          money.replace(last.get(account) ?? null, after);
          if (after === null) last.delete(account);
          else last.set(account, after);
        }
        const all = [...last.values()];
        const cents = all.reduce((sum, one) => sum + Math.round((one.deficiency ?? 0) * 100), 0);
        expect(Math.round(money.deficiency * 100)).toBe(cents);
        for (const status of ['ACTIVE', 'MARGIN_CALL', 'INDETERMINATE'] as const) {
          const count = all.filter((one) => one.status === status).length;
          expect(money.accounts.get(status) ?? 0).toBe(count);
        }
      }),
    );
  });
});
