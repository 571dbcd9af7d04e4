import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { auditEvent, caseSnapshot, marginCalc } from '#test/account-records.ts';
import { openApi } from '#test/api-fixture.ts';
import type { ApiFixture } from '#test/api-fixture.ts';
import { openCli } from '#test/cli-on-api.ts';
import type { CliOnApi } from '#test/cli-on-api.ts';
import type { CliRun } from '#test/cli-fixture.ts';

/** `sentinel cases`, `case timeline` and `account history` against a running API. */

/** Each test starts a process or three, on a machine with other work. */
jest.setTimeout(180_000);

const MINUTE = 60_000;
const begun = Date.now() - 90 * MINUTE;

let api: ApiFixture;
let cli: CliOnApi;

beforeAll(async () => {
  api = await openApi('cli-cases');
  cli = await openCli(api);
  const { writer, historyWriter } = api.stateIndex;
  const cases: [string, number, number][] = [
    ['ACC_SMALL', 500, 10],
    ['ACC_LARGE', 90_000.25, 600],
  ];
  for (const [account_id, deficiency, dueInMinutes] of cases) {
    const figures = { account_id, deficiency, excess: -deficiency, status: 'MARGIN_CALL' } as const;
    await writer.writeFigures(marginCalc(figures));
    const due_at = Date.now() + dueInMinutes * MINUTE;
    const enforcement_hold =
      account_id === 'ACC_SMALL'
        ? { by: 'ann', since: Date.now() - 5 * MINUTE, reason: 'in court', resume_asked_by: null }
        : null;
    await writer.writeCase(account_id, caseSnapshot({ due_at, enforcement_hold }));
  }
  await writer.writeFigures(marginCalc({ account_id: 'HEALTHY' }));
  for (const [minute, type] of [
    [0, 'WARNING'],
    [80, 'MARGIN_CALL'],
  ] as const) {
    const at = begun + minute * MINUTE;
    await historyWriter.writeFigures(marginCalc({ as_of: at, sequence: minute + 1 }), Date.now());
    const event = auditEvent({
      event_id: `e${String(minute)}`,
      event_type: type,
      timestamp: new Date(at + 5).toISOString(),
    });
    await historyWriter.writeStep(event, Date.now());
  }
});
afterAll(async () => {
  await api.close();
  await cli.close();
});

const run = (...words: string[]): Promise<CliRun> => cli.run(words);

describe('sentinel cases', () => {
  test('lists open cases, the largest deficiency first, and no account that is well', async () => {
    const { exitCode, out, err } = await run('cases');
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
    const [head, first, second, end] = out.split('\n');
    expect(head).toMatch(/^account +rung +deficiency +demand +due +seen by +enforcement +held/);
    expect(first).toMatch(
      /^ACC_LARGE +MARGIN_CALL +90,000\.25 +10,000\.00 +\S+ \S+ \(in \d+ h\) +-/,
    );
    expect(second).toMatch(/^ACC_SMALL +MARGIN_CALL +500\.00 .* held by ann for 5 min *$/);
    expect(first).not.toContain('held by');
    expect(end).toBe('');
  });
  test.each([
    [['--due-within', '2h'], ['ACC_SMALL']],
    [['--min-deficiency', '1,000'], ['ACC_LARGE']],
    [
      ['--order', 'due'],
      ['ACC_SMALL', 'ACC_LARGE'],
    ],
    [['--rung', 'WARNING'], []],
    [['--held'], []],
  ])('with %j as JSON are %j', async (words, accounts) => {
    const { out } = await run('cases', '--json', ...words);
    const cases: { account_id: string }[] = JSON.parse(out);
    expect(cases.map(({ account_id }) => account_id)).toEqual(accounts);
  });
  test.each([
    ['--due-within', 'soon', 'such as 90s'],
    ['--min-deficiency', '-5', 'dollars'],
    ['--rung', 'ACTIVE', 'WARNING'],
    ['--order', 'name', 'deficiency'],
  ])('refuse %s %s with exit code 2', async (option, word, cure) => {
    const { exitCode, out, err } = await run('cases', option, word);
    expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' });
    expect(err).toContain(cure);
  });
});

describe('what became of an account', () => {
  test('is told step by step by `case timeline`', async () => {
    const { exitCode, out } = await run('case', 'timeline', 'ACC_1');
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^ACC_1\n\n\d{4}-\d\d-\d\d UTC[^]* warning[^]* margin call/);
  });
  test('is cut by --since, and printed as JSON', async () => {
    const { out } = await run('case', 'timeline', 'ACC_1', '--since', '1h', '--json');
    expect(JSON.parse(out)).toMatchObject([{ event_type: 'MARGIN_CALL' }]);
  });
  test('is listed with its figures by `account history`, the newest last', async () => {
    const { exitCode, out } = await run('account', 'history', 'ACC_1');
    expect(exitCode).toBe(0);
    const said = out
      .trimEnd()
      .split('\n')
      .map((line) => line.slice(25).trim());
    expect(said).toEqual([
      expect.stringMatching(/^what +equity/),
      expect.stringMatching(/^ACTIVE +250,000\.00/),
      expect.stringMatching(/^» WARNING/),
      expect.stringMatching(/^ACTIVE +250,000\.00/),
      expect.stringMatching(/^» MARGIN_CALL/),
    ]);
  });
  test('says when there is more', async () => {
    const { out, err } = await run('account', 'history', 'ACC_1', '--limit', '1', '--json');
    expect(JSON.parse(out)).toHaveLength(1);
    expect(err).toContain('--limit');
  });
  test('of an account that nobody knows is nothing, and that is said', async () => {
    for (const words of [
      ['case', 'timeline', 'NOBODY'],
      ['account', 'history', 'NOBODY'],
    ]) {
      const { exitCode, out } = await run(...words);
      expect({ words, exitCode }).toEqual({ words, exitCode: 0 });
      expect(out).toContain('Nothing is known');
    }
  });
});
