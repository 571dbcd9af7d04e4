import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { instrumentSchema } from '#contracts/ingest.ts';
import { TOPICS } from '#contracts/topics.ts';
import { openApi } from '#test/api-fixture.ts';
import type { ApiFixture } from '#test/api-fixture.ts';
import { openCli } from '#test/cli-on-api.ts';
import type { CliOnApi } from '#test/cli-on-api.ts';
import type { CliRun } from '#test/cli-fixture.ts';

/** `sentinel instrument` against a running API. */

/** Each test starts a process or two, on a machine with other work. */
jest.setTimeout(60_000);

let api: ApiFixture;
let cli: CliOnApi;

beforeAll(async () => {
  api = await openApi('cli-instrument');
  cli = await openCli(api);
}, 60_000);
afterAll(async () => {
  await api.close();
  await cli.close();
});

const run = (...words: string[]): Promise<CliRun> => cli.run(['instrument', ...words]);

describe('sentinel instrument', () => {
  test('says on instruments.v1 what a person has seen, and when', async () => {
    const at = Date.now() - 60_000;
    const cleared = await run('clear', 'NVDA', '--reason', 'a split', '--at', String(at));
    expect(cleared).toMatchObject({ exitCode: 0, err: '' });
    expect(cleared.out).toMatch(/^Cleared the price of NVDA as \S+\.\n$/);
    expect((await run('halt', 'NVDA', '--reason', 'LULD')).out).toMatch(/^Halted NVDA as /);
    const resumed = await run('resume', 'NVDA', '--reason', 'trades again', '--json');
    expect(JSON.parse(resumed.out)).toMatchObject({ symbol: 'NVDA', action: 'RESUME' });
    const records = await api.kafka.readAll(TOPICS.instruments.name);
    const said = records.map(({ value }) => instrumentSchema.parse(JSON.parse(String(value))));
    expect(said.map(({ action, reason }) => [action, reason])).toEqual([
      ['CLEAR', 'a split'],
      ['HALT', 'LULD'],
      ['RESUME', 'trades again'],
    ]);
    expect(said[0]?.timestamp).toBe(at);
  });

  test('names the option that is wrong, and says nothing', async () => {
    const late = await run('clear', 'F', '--reason', 'seen', '--at', '+1h');
    expect(late.exitCode).toBe(2);
    expect(late.err).toContain('--at');
    expect((await run('clear', 'F')).exitCode).toBe(2);
  });
});
