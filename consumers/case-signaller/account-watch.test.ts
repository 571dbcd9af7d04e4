import { describe, expect, test } from '@jest/globals';
import type { CaseFigures } from '#domain/case-figures.ts';
import type { AcknowledgedFigures } from '#domain/edges.ts';
import { loadPolicy } from '#platform/policies.ts';
import { AccountWatch } from './account-watch.ts';

const POLICY = loadPolicy('demo');
const NOW = 1_795_000_000_000;
const LATER = NOW + 60_000;

/** $1,000,000 of stock; the excess decides: below 0 a call, below $50,000 a warning. */
function figures(sequence: number, excess: number): CaseFigures {
  const excessE4 = excess * 10_000;
  return {
    version: { generation: 1, sequence },
    asOf: NOW,
    creditedTotalE4: 0,
    fillsPosition: 0,
    correlationId: 'C1',
    status: excess < 0 ? 'MARGIN_CALL' : excess < 50_000 ? 'WARNING' : 'ACTIVE',
    equityE4: 2_500_000_000 + excessE4,
    maintenanceReqE4: 2_500_000_000,
    grossMvE4: 10_000_000_000,
    excessE4,
    deficiencyE4: Math.max(0, -excessE4),
  };
}

function acknowledged(
  sequence: number,
  rung: string,
  status: AcknowledgedFigures['status'],
  deficiency = 0,
): AcknowledgedFigures {
  const version = { generation: 1, sequence };
  return { rung, status, version, deficiencyE4: deficiency * 10_000, stress: 'BETWEEN' };
}

function reason(watch: AccountWatch): string | null {
  return watch.news(POLICY)?.reason ?? null;
}

function deliver(watch: AccountWatch, at = NOW): void {
  const news = watch.begin(POLICY);
  if (news === null) throw new Error('there is no news to deliver');
  watch.delivered(news.figures, POLICY, at);
}

describe('an account is watched', () => {
  test('healthy from the start it is told to nobody', () => {
    expect(reason(new AccountWatch('A', figures(1, 100_000)))).toBeNull();
  });

  test('in trouble it is news until it is delivered', () => {
    const watch = new AccountWatch('A', figures(1, -1_000));
    expect(reason(watch)).toBe('FIRST');
    deliver(watch);
    expect(reason(watch)).toBeNull();
  });

  test('old and repeated figures change nothing', () => {
    const watch = new AccountWatch('A', figures(5, -1_000));
    expect(watch.observe(figures(5, 0), POLICY)).toBe(false);
    expect(watch.observe(figures(4, 0), POLICY)).toBe(false);
    expect(watch.deficiencyE4).toBe(10_000_000);
  });

  test('trouble that passed before anything was told is no news any more', () => {
    const watch = new AccountWatch('A', figures(1, -1_000));
    watch.observe(figures(2, 100_000), POLICY);
    expect(reason(watch)).toBeNull();
  });

  test('what came while it was being told is news if it is another edge', () => {
    const watch = new AccountWatch('A', figures(1, -1_000));
    const first = watch.begin(POLICY);
    watch.observe(figures(2, 100_000), POLICY);
    if (first !== null) watch.delivered(first.figures, POLICY, NOW);
    expect(reason(watch)).toBe('STATUS');
  });
});

describe('an edge that passed before it was sent', () => {
  test('is told by the latest figures: the case may have seen it by its own reading', () => {
    const watch = new AccountWatch('A', figures(1, -1_000));
    deliver(watch);
    watch.observe(figures(2, 10_000), POLICY);
    watch.observe(figures(3, -1_000), POLICY);
    expect(watch.news(POLICY)).toEqual({ reason: 'STATUS', figures: figures(3, -1_000) });
    deliver(watch);
    expect(reason(watch)).toBeNull();
  });

  test('is told too when it came and passed during a delivery', () => {
    const watch = new AccountWatch('A', figures(1, -1_000));
    const first = watch.begin(POLICY);
    watch.observe(figures(2, 10_000), POLICY);
    watch.observe(figures(3, -1_000), POLICY);
    if (first !== null) watch.delivered(first.figures, POLICY, NOW);
    expect(reason(watch)).toBe('STATUS');
  });

  test('is not told again when it was delivered and what came meanwhile is near it', () => {
    const watch = new AccountWatch('A', figures(1, -1_000));
    deliver(watch);
    watch.observe(figures(2, 10_000), POLICY);
    const second = watch.begin(POLICY);
    watch.observe(figures(3, 10_001), POLICY);
    if (second !== null) watch.delivered(second.figures, POLICY, NOW);
    expect(reason(watch)).toBeNull();
  });

  test('is told after its own delivery failed', () => {
    const watch = new AccountWatch('A', figures(1, -1_000));
    deliver(watch);
    watch.observe(figures(2, 10_000), POLICY);
    watch.begin(POLICY);
    watch.failed();
    watch.observe(figures(3, -1_000), POLICY);
    expect(reason(watch)).toBe('STATUS');
  });

  test('makes no case for a healthy account whose first delivery failed', () => {
    const watch = new AccountWatch('A', figures(1, -1_000));
    watch.begin(POLICY);
    watch.observe(figures(2, 100_000), POLICY);
    watch.failed();
    expect(reason(watch)).toBeNull();
  });
});

describe('the sweep compares with what the case acknowledged', () => {
  test('a lost case is told anew, although it had been told before', () => {
    const watch = new AccountWatch('A', figures(1, -1_000));
    deliver(watch);
    expect(watch.swept(null, POLICY, LATER)).toBe('FIRST');
    expect(reason(watch)).toBe('FIRST');
    deliver(watch, LATER);
    expect(reason(watch)).toBeNull();
  });

  test('a case that was told just now may not show it yet and is left alone', () => {
    const watch = new AccountWatch('A', figures(1, -1_000));
    deliver(watch, LATER);
    expect(watch.swept(null, POLICY, LATER - 1)).toBeNull();
    expect(watch.swept(null, POLICY, LATER)).toBe('FIRST');
  });

  test('after a restart a case in step with its figures is not told again', () => {
    const watch = new AccountWatch('A', figures(7, -1_000));
    expect(
      watch.swept(acknowledged(7, 'MARGIN_CALL', 'MARGIN_CALL', 1_000), POLICY, NOW),
    ).toBeNull();
    expect(reason(watch)).toBeNull();
  });

  test('after a restart the next step is measured from what the case knows', () => {
    const watch = new AccountWatch('A', figures(7, -1_000));
    watch.swept(acknowledged(7, 'MARGIN_CALL', 'MARGIN_CALL', 1_000), POLICY, NOW);
    watch.observe(figures(8, -1_400), POLICY);
    expect(reason(watch)).toBeNull();
    watch.observe(figures(9, -1_500), POLICY);
    expect(reason(watch)).toBe('DEFICIENCY');
  });

  test('an account that recovered while nobody watched is told to its case', () => {
    const watch = new AccountWatch('A', figures(9, 100_000));
    expect(watch.swept(acknowledged(7, 'WARNING', 'WARNING'), POLICY, NOW)).toBe('STATUS');
    expect(reason(watch)).toBe('STATUS');
  });

  test('a healthy account without a case stays without one', () => {
    const watch = new AccountWatch('A', figures(9, 100_000));
    expect(watch.swept(null, POLICY, NOW)).toBeNull();
    expect(reason(watch)).toBeNull();
  });

  test('an account that recovered and whose case is lost gets no new case', () => {
    const watch = new AccountWatch('A', figures(1, -1_000));
    deliver(watch);
    watch.observe(figures(2, 100_000), POLICY);
    expect(reason(watch)).toBe('STATUS');
    expect(watch.swept(null, POLICY, LATER)).toBeNull();
    expect(reason(watch)).toBeNull();
  });

  test('a case on older figures that are near enough is told when the deficiency moved from those', () => {
    const watch = new AccountWatch('A', figures(7, -1_400));
    expect(watch.swept(acknowledged(5, 'WARNING', 'MARGIN_CALL', 1_000), POLICY, NOW)).toBeNull();
    watch.observe(figures(8, -1_500), POLICY);
    expect(reason(watch)).toBe('DEFICIENCY');
  });

  test('a case that closed its call is no longer told every credit', () => {
    const watch = new AccountWatch('A', figures(1, -1_000));
    deliver(watch);
    watch.observe(figures(2, 100_000), POLICY);
    deliver(watch);
    const credited = { ...figures(3, 100_000), creditedTotalE4: 1 };
    watch.observe(credited, POLICY);
    expect(reason(watch)).toBe('CREDIT');
    expect(watch.swept(acknowledged(2, 'ACTIVE', 'ACTIVE'), POLICY, LATER)).toBeNull();
    expect(reason(watch)).toBeNull();
  });

  test('a called case that was healed after a restart is told the next credit', () => {
    const watch = new AccountWatch('A', figures(7, 10_000));
    expect(watch.swept(acknowledged(5, 'MARGIN_CALL', 'WARNING'), POLICY, NOW)).toBe('HEALED');
    deliver(watch);
    watch.observe({ ...figures(8, 10_000), creditedTotalE4: 1 }, POLICY);
    expect(reason(watch)).toBe('CREDIT');
  });

  test('a called case swept during a delivery is told the next credit', () => {
    const watch = new AccountWatch('A', figures(7, 10_000));
    const first = watch.begin(POLICY);
    watch.swept(acknowledged(5, 'MARGIN_CALL', 'WARNING'), POLICY, NOW);
    if (first !== null) watch.delivered(first.figures, POLICY, NOW);
    watch.observe({ ...figures(8, 10_000), creditedTotalE4: 1 }, POLICY);
    expect(reason(watch)).toBe('CREDIT');
  });

  test('a deficient case that is held is told the next credit after a restart', () => {
    const watch = new AccountWatch('A', figures(7, -1_000));
    const held = acknowledged(7, 'ACTIVE', 'MARGIN_CALL', 1_000);
    expect(watch.swept(held, POLICY, NOW)).toBeNull();
    watch.observe({ ...figures(8, -1_000), creditedTotalE4: 1 }, POLICY);
    expect(reason(watch)).toBe('CREDIT');
  });
});
