import type { FirmHold, StartAnswer } from '#domain/firm-enforcement.ts';
import { createMetrics } from '#platform/metrics.ts';
import { describe, expect, test } from '@jest/globals';
import { countStarts, showFirmHolds } from './firm-metrics.ts';

const HOLD: FirmHold = {
  scope: 'LIQUIDATIONS',
  by: 'ann',
  since: 1,
  reason: 'r',
  resumeAskedBy: null,
};
const REQUEST = { accountId: 'ACC_1', caseId: 'c', episode: 1, isReleased: false };
const LIMIT = { accountsMax: 10, windowMs: 1 };

describe('what is measured of the firm', () => {
  test.each<[string, () => FirmHold[], number, number]>([
    ['nothing is held', () => [], 0, 0],
    ['a symbol is held', () => [{ ...HOLD, scope: 'SYMBOL:NVDA' }], 1, 0],
    ['the brake is on', () => [HOLD, { ...HOLD, scope: 'GLOBAL' }], 2, 1],
    [
      'the log cannot be read',
      () => {
        throw new Error('unreadable');
      },
      -1,
      1,
    ],
  ])('when %s', async (_when, holds, count, brake) => {
    const metrics = createMetrics('worker');
    showFirmHolds(metrics, { holds });
    const text = (await metrics.page()).body;
    expect(text).toContain(`sentinel_enforcement_holds{part="worker"} ${String(count)}`);
    expect(text).toContain(`sentinel_liquidation_brake{part="worker"} ${String(brake)}`);
  });

  test('are the answers of the brake, and that there was none', async () => {
    const metrics = createMetrics('worker');
    const answers: (StartAnswer | null)[] = ['GRANTED', 'BRAKED', 'BRAKED', null];
    const ask = countStarts(metrics, () => {
      const answer = answers.shift() ?? null;
      return answer === null ? Promise.reject(new Error('away')) : Promise.resolve(answer);
    });
    await Promise.all([1, 2, 3].map(() => ask(REQUEST, LIMIT)));
    await expect(ask(REQUEST, LIMIT)).rejects.toThrow('away');
    const text = (await metrics.page()).body;
    expect(text).toContain('outcome="granted",part="worker"} 1');
    expect(text).toContain('outcome="braked",part="worker"} 2');
    expect(text).toContain('outcome="failed",part="worker"} 1');
  });
});
