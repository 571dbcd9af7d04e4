import { describe, expect, test } from '@jest/globals';
import { KeptReads } from './kept-reads.ts';

describe('what was read', () => {
  test('is kept, and read once for all who ask meanwhile', async () => {
    let reads = 0;
    const kept = new KeptReads((name: string) =>
      Promise.resolve(`${name} ${String((reads += 1))}`),
    );
    expect(await Promise.all([kept.of('css'), kept.of('css'), kept.of('js')])).toEqual([
      'css 1',
      'css 1',
      'js 2',
    ]);
    expect(await kept.of('css')).toBe('css 1');
  });

  test('is read again after a failure, which is told and not kept', async () => {
    const answers = [Promise.reject(new Error('EMFILE')), Promise.resolve('body {}')];
    const kept = new KeptReads(() => answers.shift() ?? Promise.reject(new Error('a third read')));
    const [first, second] = await Promise.allSettled([kept.of('css'), kept.of('css')]);
    expect([first.status, second.status]).toEqual(['rejected', 'rejected']);
    expect(await kept.of('css')).toBe('body {}');
    expect(await kept.of('css')).toBe('body {}');
  });
});
