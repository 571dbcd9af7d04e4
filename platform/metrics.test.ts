import { describe, expect, test } from '@jest/globals';
import { createMetrics } from './metrics.ts';

/** A process registers metrics of the catalogue only, and only its own. */

describe('the metrics of a process', () => {
  test('are shown with the help of the catalogue and the process that measured', async () => {
    const metrics = createMetrics('worker');
    metrics.counter('sentinel_case_holds_total').inc({ code: 'QUOTE_OLD' }, 2);
    const { body } = await metrics.page();
    expect(body).toContain(
      '# HELP sentinel_case_holds_total Times that escalation was held back, by reason',
    );
    expect(body).toContain('sentinel_case_holds_total{code="QUOTE_OLD",part="worker"} 2');
  });

  test('can be asked for twice', async () => {
    const metrics = createMetrics('worker');
    metrics.counter('sentinel_case_holds_total').inc({ code: 'QUOTE_OLD' });
    metrics.counter('sentinel_case_holds_total').inc({ code: 'QUOTE_OLD' });
    expect((await metrics.page()).body).toContain('{code="QUOTE_OLD",part="worker"} 2');
  });

  test('of another process are refused', () => {
    expect(() => createMetrics('api').counter('sentinel_case_holds_total')).toThrow(
      'not a metric of api',
    );
  });

  test('that are asked for at the scrape are as they are then, and what is removed is gone', async () => {
    const metrics = createMetrics('worker');
    let partitions = ['0', '1'];
    const gauge = metrics.gauge('sentinel_heartbeat_age_seconds', (shown) => {
      for (const partition of partitions) shown.set({ partition }, partitions.length);
    });
    expect((await metrics.page()).body).toContain('{partition="1",part="worker"} 2');
    partitions = ['0'];
    gauge.remove({ partition: '1' });
    const { body } = await metrics.page();
    expect(body).toContain('{partition="0",part="worker"} 1');
    expect(body).not.toContain('{partition="1"');
  });
});
