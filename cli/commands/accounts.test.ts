import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { ACCOUNT_CASE_WORKFLOW, accountCaseId } from '#contracts/case-messages.ts';
import { cacheLayout, instanceLayout } from '#stack/cache-layout.ts';
import { keepState } from '#stack/instance-state.ts';
import { recordProcess } from '#stack/recorded-process.ts';
import { caseSnapshot, marginCalc } from '#test/account-records.ts';
import { openApi } from '#test/api-fixture.ts';
import type { ApiFixture } from '#test/api-fixture.ts';
import { openCli } from '#test/cli-on-api.ts';
import type { CliOnApi } from '#test/cli-on-api.ts';
import { sentinel } from '#test/cli-fixture.ts';
import type { CliRun } from '#test/cli-fixture.ts';

/** `sentinel accounts`, `case` and `token` against a running API. */

/** Each test starts a process or three, on a machine with other work. */
jest.setTimeout(120_000);

let api: ApiFixture;
let cli: CliOnApi;

beforeAll(async () => {
  api = await openApi('cli');
  cli = await openCli(api);
  await api.stateIndex.writer.writeFigures(marginCalc({ account_id: 'ACC_1' }));
  await api.stateIndex.writer.writeFigures(
    marginCalc({ account_id: 'ACC_2', status: 'MARGIN_CALL', excess: -10_000, deficiency: 10_000 }),
  );
  await api.stateIndex.writer.writeCase('ACC_2', caseSnapshot());
  await api.temporal.workflow.start(ACCOUNT_CASE_WORKFLOW, {
    workflowId: accountCaseId(api.kafka.topicPrefix, 'ACC_2'),
    taskQueue: `${api.kafka.topicPrefix}nobody-works-here`,
    args: [{ accountId: 'ACC_2' }],
  });
});
afterAll(async () => {
  await api.close();
  await cli.close();
});

const run = (...words: string[]): Promise<CliRun> => cli.run(words);

describe('sentinel accounts', () => {
  test('lists those in trouble first, without colours where there is no terminal', async () => {
    const { exitCode, out, err } = await run('accounts');
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
    const [head, first, second] = out.split('\n');
    expect(head).toMatch(/^account +rung +status +equity +requirement +excess +demand +due/);
    expect(first).toMatch(/^ACC_2 +MARGIN_CALL +MARGIN_CALL +250,000.00 .*-10,000.00 +10,000.00/);
    expect(second).toMatch(/^ACC_1 +ACTIVE +ACTIVE/);
    expect(out).not.toContain('\u001b');
  });
  test('filters, and prints JSON', async () => {
    const { out } = await run('accounts', '--rung', 'MARGIN_CALL', '--json');
    expect(JSON.parse(out)).toEqual([expect.objectContaining({ account_id: 'ACC_2' })]);
    expect((await run('accounts', '--status', 'WARNING')).out).toBe('No accounts.\n');
  });
  test('says when there are more', async () => {
    const { out, err } = await run('accounts', '--limit', '1', '--json');
    expect(JSON.parse(out)).toHaveLength(1);
    expect(err).toContain('--limit');
  });
  test('refuses a wrong filter with exit code 2', async () => {
    const { exitCode, out, err } = await run('accounts', '--rung', 'FINE');
    expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' });
    expect(err).toContain('--rung');
  });
});

describe('sentinel case', () => {
  test('shows the case, the figures and where to look', async () => {
    const { exitCode, out } = await run('case', 'show', 'ACC_2');
    expect(exitCode).toBe(0);
    for (const words of [
      /^ACC_2 {2}MARGIN_CALL {2}status MARGIN_CALL/,
      /demand +10,000\.00/,
      /due +\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ/,
      /seen by +nobody yet/,
      /excess +-10,000\.00/,
      /NVDA +500 +400\.00 +200,000\.00 +50,000\.00/,
      /Web UI: http:\/\/ui\.example\//,
    ]) {
      expect(out).toMatch(words);
    }
  });
  test('says of an account without one that it has none', async () => {
    const { exitCode, out } = await run('case', 'show', 'ACC_1');
    expect(exitCode).toBe(0);
    expect(out).toContain('No case');
  });
  test('prints JSON', async () => {
    const { out } = await run('case', 'show', 'ACC_2', '--json');
    expect(JSON.parse(out)).toMatchObject({ account_id: 'ACC_2', case: { demand: 10_000 } });
  });
  test('says of an account that nobody knows that it is not there', async () => {
    const { exitCode, out, err } = await run('case', 'show', 'NOBODY');
    expect({ exitCode, out }).toEqual({ exitCode: 1, out: '' });
    expect(err).toContain('NOBODY');
  });
  test('is acknowledged', async () => {
    const { exitCode, out } = await run('case', 'acknowledge', 'ACC_2', '--note', 'called');
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^Acknowledged: ACC_2 by \S+ at \d{4}-/);
    const none = await run('case', 'acknowledge', 'ACC_1');
    expect(none.exitCode).toBe(1);
    expect(none.err).toContain('no case');
  });
});

describe('sentinel token', () => {
  const as = (token: string, path: string) =>
    fetch(api.url + path, { headers: { authorization: `Bearer ${token.trim()}` } });

  test('prints a token that the API takes, and nothing else', async () => {
    const { exitCode, out, err } = await run('token');
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
    expect(out).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    expect((await as(out, '/accounts')).status).toBe(200);
  });
  test('with the roles, the subject and the time asked for', async () => {
    const { out } = await run('token', '--role', 'feed', '--subject', 'f:1', '--expires', '90s');
    expect((await as(out, '/accounts')).status).toBe(403);
    const [, payload = ''] = out.split('.');
    const claims: Record<string, unknown> = JSON.parse(
      Buffer.from(payload, 'base64url').toString(),
    );
    expect(claims).toMatchObject({ sub: 'f:1', roles: ['feed'], iss: 'margin-sentinel' });
    expect(Number(claims.exp) - Number(claims.iat)).toBe(90);
  });
  test('refuses a wrong role, time or subject with exit code 2', async () => {
    const wrong = [
      ['--role', 'root'],
      ['--expires', '31d'],
      ['--subject', 'a b'],
    ];
    for (const words of wrong) {
      const { exitCode, out } = await run('token', ...words);
      expect({ words, exitCode, out }).toEqual({ words, exitCode: 2, out: '' });
    }
  });
});

describe('the running local instance', () => {
  const variables = (home: string) => ({ HOME: join(cli.home, home) });
  async function record(home: string, pid: number): Promise<void> {
    const self = await recordProcess(pid);
    const instance = instanceLayout(cacheLayout({ HOME: join(cli.home, home) }), 'local');
    const keeper = await keepState(instance);
    await keeper.change(() => ({
      servers: {},
      product: [
        {
          name: 'api',
          process: self ?? { pid, startMark: 'gone' },
          metricsUrl: api.url,
          logFile: '',
          startedAtMs: 0,
          readyAtMs: 0,
          restarts: 0,
          lastExit: null,
          givenUpAtMs: null,
        },
      ],
      environment: cli.variables,
    }));
  }
  test('is found without being told', async () => {
    await record('up', process.pid);
    const { exitCode, out } = await sentinel(['accounts', '--json'], variables('up'));
    expect(exitCode).toBe(0);
    expect(JSON.parse(out)).toHaveLength(2);
  });
  test('is not believed when its process has ended', async () => {
    await record('down', 4_000_000);
    const { exitCode, err } = await sentinel(['accounts'], variables('down'));
    expect(exitCode).toBe(1);
    expect(err).toContain('No API runs');
  });
});

describe('without an API', () => {
  test('the command says so and what to do', async () => {
    const { exitCode, err } = await sentinel(['accounts'], { HOME: cli.home });
    expect(exitCode).toBe(1);
    expect(err).toContain('No API runs');
    expect(err).toContain('sentinel up');
  });
  test('at the address given, too', async () => {
    const away = { SENTINEL_API_URL: 'http://127.0.0.1:1' };
    const { exitCode, err } = await cli.run(['case', 'show', 'ACC_1'], away);
    expect(exitCode).toBe(1);
    expect(err).toContain('http://127.0.0.1:1');
    expect(err).toContain('sentinel status');
  });
  test('without a key it says which variable is missing', async () => {
    const { exitCode, err } = await sentinel(['accounts'], {
      HOME: cli.home,
      SENTINEL_API_URL: api.url,
    });
    expect(exitCode).toBe(1);
    expect(err).toContain('SENTINEL_JWT_PRIVATE_KEY_FILE');
  });
});
