import { describe, expect, test } from '@jest/globals';
import { PRESETS } from '#domain/policy.ts';
import type { Policy } from '#domain/policy.ts';
import { loadPolicy, parsePolicy } from './policies.ts';
import { PolicyFileError } from './policy-file.ts';

describe('the presets that ship (RULES, Presets)', () => {
  test.each(PRESETS)('%s loads, with its version', (preset) => {
    const policy = loadPolicy(preset);
    expect(policy.preset).toBe(preset);
    expect(policy.version).toBe(`${preset}.1`);
  });

  test.each([
    ['demo', [250_000, 300_000, 50_000, 10_000, 0, 10_000]],
    ['house', [300_000, 350_000, 50_000, 0, 0, 10_000]],
    ['reference', [250_000, 300_000, 50_000, 0, 0, 10_000]],
    ['regulatory', [250_000, 300_000, 50_000, 0, 0, 10_000]],
  ] as const)('%s has its rates', (preset, rates) => {
    const policy = loadPolicy(preset);
    expect([
      policy.longMaintenanceRate.e6,
      policy.shortMaintenanceRate.e6,
      policy.warningBand.e6,
      policy.bufferRate.e6,
      policy.costRate.e6,
      policy.hysteresisRate.e6,
    ]).toEqual(rates);
  });

  test.each<['demo' | 'house', Partial<Policy>]>([
    [
      'demo',
      {
        dueAfterMs: 6_000,
        graceMs: 3_000,
        marketCureMs: 2_000,
        quoteAgeMaxMs: 5_000,
        staleRetryMs: 1_000,
        orderTtlMs: 5_000,
        liquidationRelease: 'AUTOMATIC',
        clock: 'WALL',
      },
    ],
    [
      'house',
      {
        dueAfterMs: 1_800_000,
        graceMs: 900_000,
        marketCureMs: 60_000,
        quoteAgeMaxMs: 60_000,
        staleRetryMs: 60_000,
        orderTtlMs: 60_000,
        liquidationRelease: 'ONE_PERSON',
        clock: 'SESSION',
      },
    ],
  ])('%s has its clocks', (preset, clocks) => {
    expect(loadPolicy(preset)).toMatchObject(clocks);
  });

  test.each(PRESETS)(
    '%s re-notifies at max($500, 10 %%) and needs a heartbeat of 5 s',
    (preset) => {
      const policy = loadPolicy(preset);
      expect(policy.deficiencyStepE4).toBe(5_000_000);
      expect(policy.deficiencyStepRate.e6).toBe(100_000);
      expect(policy.heartbeatAgeMaxMs).toBe(5_000);
    },
  );

  test('only demo liquidates without a person', () => {
    const automatic = PRESETS.filter(
      (preset) => loadPolicy(preset).liquidationRelease === 'AUTOMATIC',
    );
    expect(automatic).toEqual(['demo']);
  });
});

describe('a policy file that cannot be used is refused by name and field', () => {
  test.each([
    ['not JSON', '{', /policies\/demo\.json: is not JSON/],
    ['nothing in it', '{}', /policies\/demo\.json: preset:/],
    ['not an object', '[]', /policies\/demo\.json: Invalid/],
  ])('%s', (_case, text, message) => {
    expect(() => parsePolicy('policies/demo.json', 'demo', text)).toThrow(PolicyFileError);
    expect(() => parsePolicy('policies/demo.json', 'demo', text)).toThrow(message);
  });
});
