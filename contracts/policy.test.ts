import { readFileSync } from 'node:fs';
import { loadCalendar } from '#platform/calendars.ts';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodePolicy, policyFileSchema, rateOf } from './policy.ts';

const DEMO: Record<string, unknown> = policyFileSchema.parse(
  JSON.parse(readFileSync(new URL('../policies/demo.json', import.meta.url), 'utf8')),
);

const without = (field: string): Record<string, unknown> =>
  Object.fromEntries(Object.entries(DEMO).filter(([name]) => name !== field));

describe('a policy file', () => {
  test('decodes to exact rates, 1/10,000 dollars and ms', () => {
    expect(
      decodePolicy(
        policyFileSchema.parse({ ...DEMO, deficiency_step: 500.25 }),
        loadCalendar(),
        'h1',
      ),
    ).toMatchObject({
      version: 'demo.1',
      longMaintenanceRate: { e6: 250_000, num: 1, den: 4 },
      shortMaintenanceRate: { e6: 300_000, num: 3, den: 10 },
      deficiencyStepE4: 5_002_500,
      priceConflationMs: 250,
    });
  });

  test.each(Object.keys(DEMO))('without %s is refused', (field) => {
    expect(refusedField(without(field))).toBe(field);
  });

  test.each([
    ['preset', 'own'],
    ['version', 0],
    ['version', 1.5],
    ['long_maintenance_rate', 1.000001],
    ['long_maintenance_rate', -0.1],
    ['long_maintenance_rate', '0.25'],
    ['long_maintenance_rate', NaN],
    ['long_maintenance_rate', Infinity],
    ['long_maintenance_rate', 0.1234567],
    ['short_maintenance_rate', 10.1],
    ['warning_band', null],
    ['cost_rate', 1.1],
    ['due_after_ms', -1],
    ['due_after_ms', 0.5],
    ['due_after_ms', 34_560_000_001],
    ['quote_age_ms_max', 0],
    ['stale_retry_ms', 9],
    ['order_ttl_ms', 99],
    ['liquidation_release', 'NEVER'],
    ['clock', 'wall'],
    ['deficiency_step', 0.00005],
    ['deficiency_step', -1],
    ['price_conflation_ms', 60_001],
  ])('with %s %p is refused, and the field named', (field, value) => {
    expect(refusedField({ ...DEMO, [field]: value })).toBe(field);
  });

  test('with an unknown field is refused', () => {
    const parsed = policyFileSchema.safeParse({ ...DEMO, long_rate: 0.3 });
    expect(parsed.error?.issues[0]).toMatchObject({
      code: 'unrecognized_keys',
      keys: ['long_rate'],
    });
  });
});

describe('a rate', () => {
  test('of at most six decimals is exact', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10_000_000 }), (ppm) => {
        const literal = `${String(Math.floor(ppm / 1e6))}.${String(ppm % 1e6).padStart(6, '0')}`;
        const shortMaintenanceRate = Number(literal);
        const file = { ...DEMO, short_maintenance_rate: shortMaintenanceRate };
        expect(policyFileSchema.safeParse(file).success).toBe(true);
        expect(rateOf(shortMaintenanceRate).e6).toBe(ppm);
      }),
    );
  });
});

function refusedField(file: unknown): PropertyKey | undefined {
  return policyFileSchema.safeParse(file).error?.issues[0]?.path[0];
}
