import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { Command } from 'commander';
import type { Policy } from '#domain/policy.ts';
import { mintToken } from '#platform/identity/mint-token.ts';
import { caseTaskQueue, createCases } from '#platform/temporal/cases.ts';
import { caseSnapshot } from '#test/account-records.ts';
import { openApi } from '#test/api-fixture.ts';
import type { ApiFixture } from '#test/api-fixture.ts';
import { openCli } from '#test/cli-on-api.ts';
import type { CliOnApi } from '#test/cli-on-api.ts';
import type { CaseWorld } from '#test/case-world.ts';
import type { CliRun } from '#test/cli-fixture.ts';
import { WALK_POLICY } from '#test/ladder-walk.ts';
import { CaseServer, until } from '#test/temporal.ts';
import { reportError } from '../report-error.ts';
import { register } from './case.ts';

/** `sentinel case cure|extend|release|hold|resume` against a running API and a running case. */

/** Each test starts a process or six, on a machine with other work. */
jest.setTimeout(180_000);

const MINUTE_MS = 60_000;
const POLICY: Policy = {
  ...WALK_POLICY,
  dueAfterMs: 30 * MINUTE_MS,
  pendingFundsMaxMs: 24 * 60 * MINUTE_MS,
  extendMaxMs: 30 * MINUTE_MS,
};
/** At once past due; the liquidation waits for two persons. */
const TWO_PERSONS: Policy = {
  ...POLICY,
  dueAfterMs: 100,
  graceMs: 100,
  liquidationRelease: 'ONE_PERSON',
  twoPersonNotionalE4: 10_000,
};

let server: CaseServer;
let api: ApiFixture;
let cli: CliOnApi;

beforeAll(async () => {
  server = await CaseServer.start();
  api = await openApi('cli-commands', () => ({ commands: server.signer }));
  cli = await openCli(api);
});
afterAll(async () => {
  await api.close();
  await server.stop();
  await cli.close();
});

const run = (...words: string[]): Promise<CliRun> => cli.run(['case', ...words]);

/** The same, said by somebody else with this role. */
async function runAs(subject: string, role: 'operator' | 'approver', words: string[]) {
  const token = await mintToken(
    { subject, roles: [role] },
    api.privateKey,
    Date.now(),
    10 * MINUTE_MS,
  );
  return cli.run(['case', ...words], { SENTINEL_TOKEN: token });
}

/** What a command that was obeyed printed. */
async function done(running: Promise<CliRun>): Promise<string> {
  const { exitCode, out, err } = await running;
  expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
  return out;
}

/** An account that is $5,700.00 short of its demand; `talk` has a worker for its case. */
async function withCall(
  accountId: string,
  policy: Policy,
  talk: (world: CaseWorld) => Promise<void>,
): Promise<void> {
  const prefix = api.kafka.topicPrefix;
  const world = server.world(policy, accountId, caseTaskQueue(prefix));
  await server.withWorker(world, async () => {
    const event = { type: 'FIGURES', figures: world.fall(390) } as const;
    await createCases(api.temporal, { prefix }).deliver(accountId, event);
    await until('the call is out', () => world.actions('margin.calls.v1').includes('MARGIN_CALL'));
    const due_at = world.when('MARGIN_CALL') + policy.dueAfterMs;
    await api.stateIndex.writer.writeCase(accountId, caseSnapshot({ episode: 1, due_at }));
    await talk(world);
  });
}

describe('a person at a terminal', () => {
  test('records funds, extends, holds and resumes with another, and is told what it came to', async () => {
    await withCall('ACC_TOLD', POLICY, async () => {
      const extend = await done(run('extend', 'ACC_TOLD', '--by', '15m', '--reason', 'sent'));
      expect(extend).toMatch(/^Extended by \S+: the call of ACC_TOLD is due 2.*\(in 4\d min\)/);

      const wire = ['--amount', '5700', '--evidence', 'wire 4711'];
      const cure = await done(run('cure', 'ACC_TOLD', ...wire, '--until', '+4h'));
      expect(cure).toMatch(/^Recorded by \S+: funds .* until 2.*\(in 4 h\)/);
      expect(cure).toContain('Outstanding: 5,700.00; the call stays due 2');

      expect(await done(run('hold', 'ACC_TOLD', '--reason', 'a split'))).toMatch(/^Held by /);
      const asked = await done(run('resume', 'ACC_TOLD', '--reason', 'booked'));
      expect(asked).toContain('The hold ends when a second, different person says the same.');
      const alone = await run('resume', 'ACC_TOLD', '--reason', 'I insist');
      expect(alone).toMatchObject({ exitCode: 1, out: '' });
      expect(alone.err).toMatch(/SAME_PERSON.*\n.*--subject bob/);
      const second = ['resume', 'ACC_TOLD', '--reason', 'booked'];
      expect(await done(runAs('bob', 'approver', second))).toBe(
        'Resumed by bob: ACC_TOLD goes on from MARGIN_CALL.\n',
      );
    });
  });

  test('lets a liquidation go together with another', async () => {
    await withCall('ACC_GO', TWO_PERSONS, async (world) => {
      await until('it waits for release', () =>
        world.actions('audit.v1').includes('AWAITING_RELEASE'),
      );
      const words = ['release', 'ACC_GO', '--reason', 'positions and prices checked'];
      expect(await done(run(...words))).toContain('when a second, different person says the same');
      expect(world.actions('liquidations.v1')).toEqual([]);
      expect(await done(runAs('bob', 'approver', words))).toMatch(/^Released by bob: /);
      await until('it liquidates', () => world.actions('liquidations.v1').includes('TRIGGERED'));
    });
  });

  test('asks again with a key without doing it twice, and reads JSON', async () => {
    await withCall('ACC_JSON', POLICY, async (world) => {
      const words = ['hold', 'ACC_JSON', '--reason', 'a split', '--key', 'desk:7', '--json'];
      const [first, again] = [await done(run(...words)), await done(run(...words))];
      expect(JSON.parse(first)).toMatchObject({ command: 'HOLD', outcome: 'DONE', held: true });
      expect(again).toBe(first);
      const held = world.actions('audit.v1').filter((type) => type === 'ENFORCEMENT_HELD');
      expect(held).toHaveLength(1);
    });
  });
});

describe('wrong input is exit code 2, names the option and says what to do', () => {
  const reason = ['--reason', 'r'];
  const wire = (amount: string, time: string): string[] => [
    ...['cure', 'ACC_1', '--amount', amount],
    ...['--evidence', 'wire', '--until', time],
  ];
  const typed: [string, string[], RegExp][] = [
    ['no amount', ['cure', 'ACC_1', '--evidence', 'e', '--until', '+1h'], /--amount <dollars>/],
    ['a negative amount', wire('-1', '+1h'), /--amount.*dollars above 0/],
    ['an amount of nothing', wire('0', '+1h'), /--amount.*dollars above 0/],
    ['a fifth decimal', wire('1.00001', '+1h'), /--amount.*at most four decimals/],
    ['words for an amount', wire('lots', '+1h'), /--amount.*dollars/],
    ['a time without a zone', wire('1', '2026-11-21T16:00'), /--until.*with its zone/],
    ['a day that is none', wire('1', '2026-02-30T16:00Z'), /--until.*It must be a time/],
    ['a time in seconds', wire('1', '1795262400'), /--until.*Unix ms/],
    ['two due instants', ['extend', 'A', '--due', '+1h', '--by', '1h', ...reason], /--by/],
    ['a hold without a reason', ['hold', 'ACC_1'], /--reason <text>/],
    ['no account', ['release', ...reason], /account_id/],
    ['an episode that is none', ['resume', 'ACC_1', ...reason, '--episode', 'x'], /--episode/],
  ];
  test.each(typed)('%s, before anything is asked', async (_what, words, message) => {
    const stderr = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
    try {
      const program = new Command('sentinel').exitOverride();
      register(program);
      const parsing = program.parseAsync(['case', ...words], { from: 'user' });
      const error: unknown = await parsing.then(
        () => null,
        (reason: unknown) => reason,
      );
      expect(reportError(error, {})).toBe(2);
      const text = stderr.mock.calls.map(([chunk]) => String(chunk)).join('');
      expect(text).toMatch(message);
      expect(text).toContain('--help');
    } finally {
      stderr.mockRestore();
    }
  });

  test.each([
    ['an account that cannot be', ['hold', 'A B', ...reason], /^account_id must be 1 to 64/],
    ['no due instant', ['extend', 'ACC_1', ...reason], /--due <time> or --by <duration>/],
    ['an empty reason', ['hold', 'ACC_1', '--reason', ''], /^--reason must be at least 1/],
    ['a time long gone', wire('1', '2020-01-01T00:00:00Z'), /^--until must be at or after/],
  ])('%s, by the API', async (_what, words, message) => {
    const { exitCode, out, err } = await run(...words);
    expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' });
    expect(err).toMatch(message);
    expect(err).toMatch(/--help[^\n]*\n$/);
  });

  test('also when only the case can tell', async () => {
    await withCall('ACC_LESS', POLICY, async () => {
      const words = ['--amount', '5699.99', '--evidence', 'wire', '--until', '+1h'];
      const { exitCode, err } = await run('cure', 'ACC_LESS', ...words);
      expect(exitCode).toBe(2);
      expect(err).toMatch(/^--amount is less than what is outstanding .*\$5,699\.9900.*\$5,700/);
    });
  });
});

describe('what cannot be done now is exit code 1, with what to look at', () => {
  test('an account without a case', async () => {
    const { exitCode, err } = await run('extend', 'NOBODY', '--due', '+1h', '--reason', 'r');
    expect(exitCode).toBe(1);
    expect(err).toMatch(/NOBODY has no case.*\n.*`sentinel accounts`/);
  });

  test('a release that nothing waits for, and a person without the role', async () => {
    await withCall('ACC_WELL', POLICY, async () => {
      const release = ['release', 'ACC_WELL', '--reason', 'r'];
      const early = await run(...release);
      expect(early.exitCode).toBe(1);
      expect(early.err).toMatch(/NOT_AWAITING_RELEASE.*\n.*`sentinel case show <account_id>`/);
      const operator = await runAs('carol', 'operator', release);
      expect(operator.exitCode).toBe(1);
      expect(operator.err).toMatch(/approver.*\n.*roles\.md/);
    });
  });
});
