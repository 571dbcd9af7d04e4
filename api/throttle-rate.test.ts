import { describe, expect, test } from '@jest/globals';
import { unsharedRate } from './throttle-rate.ts';

describe('a rate that eight partitions share', () => {
  test.each(['GLOBAL', 'SYMBOL:NVDA', 'STRATEGY:alpha'])('is refused below 8 for %s', (scope) => {
    expect(unsharedRate(scope, 5, 8)).toMatchObject({
      kind: 'invalid-fields',
      refusal: { code: 'RATE_BELOW_PARTITIONS', observed: '5', limit: '8' },
      errors: [{ pointer: '#/max_rate_per_second' }],
    });
  });

  test.each([
    ['as many as partitions', 'SYMBOL:NVDA', 8],
    ['the stop of all', 'GLOBAL', 0],
    ['what one partition alone has', 'ACCOUNT:ACC_1', 1],
    ['no rate', 'GLOBAL', undefined],
  ])('is taken when it is %s', (_name, scope, rate) => {
    expect(unsharedRate(scope, rate, 8)).toBeNull();
  });
});
