import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Command, CommanderError } from 'commander';
import { REFERENCE_WALK, REFERENCE_WALK_START } from '#demo/reference-walk.expected.ts';
import { register } from './margin.ts';

interface Run {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

let folder = '';

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sentinel-evaluate-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Runs `sentinel margin evaluate` in this process; what it writes is kept. */
async function run(args: readonly string[], colours = false): Promise<Run> {
  let out = '';
  let err = '';
  const program = new Command('sentinel').exitOverride().configureOutput({
    writeOut: (text) => (out += text),
    writeErr: (text) => (err += text),
    getOutHasColors: () => colours,
  });
  register(program);
  try {
    await program.parseAsync(['margin', 'evaluate', ...args], { from: 'user' });
    return { exitCode: 0, out, err };
  } catch (error) {
    if (error instanceof CommanderError) return { exitCode: error.exitCode, out, err };
    throw error;
  }
}

async function evaluateText(text: string | Uint8Array, ...options: string[]): Promise<Run> {
  const file = path.join(folder, 'portfolio.json');
  writeFileSync(file, text);
  return run(['--file', file, ...options]);
}

async function evaluated(portfolio: unknown): Promise<unknown> {
  const { exitCode, out, err } = await evaluateText(JSON.stringify(portfolio), '--json');
  expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
  return JSON.parse(out);
}

const account = (cash: number, account_id = 'ACC1'): object => ({
  account_id,
  type: 'REG_T',
  cash,
});
const nvda = { symbol: 'NVDA', qty: 500, price: 400, beta: 1.8 };

describe('an evaluation', () => {
  test('of an account in a margin call has its figures, its stress and its cures', async () => {
    const portfolio = {
      account: account(-160_000),
      positions: [nvda, { symbol: 'XYZ', qty: -100, price: 4 }],
    };
    expect(await evaluated(portfolio)).toEqual({
      account_id: 'ACC1',
      long_mv: 200_000,
      short_mv: 400,
      total_mv: 199_600,
      gross_mv: 200_400,
      beta_weighted_exposure: 359_600,
      cash: -160_000,
      equity: 39_600,
      regulatory_req: 50_400,
      maintenance_req: 50_400,
      regulatory_excess: -10_800,
      excess: -10_800,
      deficiency: 10_800,
      status: 'MARGIN_CALL',
      positions: [
        {
          symbol: 'NVDA',
          qty: 500,
          price: 400,
          beta: 1.8,
          beta_defaulted: false,
          market_value: 200_000,
          beta_weighted: 360_000,
          regulatory_req: 50_000,
          maintenance_req: 50_000,
        },
        {
          symbol: 'XYZ',
          qty: -100,
          price: 4,
          beta: 1,
          beta_defaulted: true,
          market_value: -400,
          beta_weighted: -400,
          regulatory_req: 400,
          maintenance_req: 400,
        },
      ],
      stress: [
        [-0.08, -28_768],
        [-0.06, -21_576],
        [-0.04, -14_384],
        [-0.02, -7_192],
        [0, 0],
        [0.02, 7_192],
        [0.04, 14_384],
        [0.06, 21_576],
      ].map(([scenario, delta_pnl = 0]) => ({
        scenario,
        delta_pnl,
        equity_stressed: 39_600 + delta_pnl,
        excess_stressed: -10_800 + delta_pnl,
        underwater: -10_800 + delta_pnl < 0,
      })),
      cures: {
        deposit_cash: 10_800,
        deposit_securities: 14_400,
        sell_value: 43_200,
        sell: [{ symbol: 'NVDA', qty: 108 }],
        cover_value: 0,
        cover: [],
        residual_deficiency: 0,
      },
      prices_missing: [],
      beta_defaulted: ['XYZ'],
      unsupported: [],
    });
  });

  test.each(REFERENCE_WALK)('of the reference walk at $at', async ({ nvda: mark, figures }) => {
    const { symbol, qty, beta, cash } = REFERENCE_WALK_START;
    const positions = [{ symbol, qty, price: mark, beta }];
    expect(await evaluated({ account: account(cash), positions })).toMatchObject({
      ...figures,
      cures: {
        deposit_cash: 0,
        deposit_securities: 0,
        sell: [],
        cover: [],
        residual_deficiency: 0,
      },
    });
  });

  test('of a list is a list, in its order, whatever each status', async () => {
    const list = [
      { account: account(1, 'A'), positions: [nvda] },
      { account: account(1, 'B'), positions: [{ symbol: 'X', qty: 1 }] },
      { account: { ...account(1, 'C'), type: 'PORTFOLIO' }, positions: [] },
      { account: account(-1, 'D'), positions: [] },
    ];
    const answer = await evaluated(list);
    expect(answer).toMatchObject([
      { account_id: 'A', status: 'ACTIVE' },
      { account_id: 'B', status: 'INDETERMINATE' },
      { account_id: 'C', status: 'UNSUPPORTED' },
      { account_id: 'D', status: 'MARGIN_CALL', deficiency: 1 },
    ]);
    expect(await evaluated([])).toEqual([]);
    expect(await evaluated([list[0]])).toHaveLength(1);
  });

  test('follows the policy fields that are given, and keeps the others of the reference', async () => {
    const portfolio = { account: account(-160_000), positions: [nvda] };
    expect(await evaluated({ ...portfolio, policy: {} })).toMatchObject({ deficiency: 10_000 });
    const policy = { long_maintenance_rate: 0.4, buffer_rate: 0.01, cost_rate: 0.1 };
    expect(await evaluated({ ...portfolio, policy })).toMatchObject({
      regulatory_req: 50_000,
      maintenance_req: 80_000,
      deficiency: 40_000,
      cures: {
        deposit_cash: 42_000,
        deposit_securities: 70_000,
        sell_value: 140_000,
        sell: [{ symbol: 'NVDA', qty: 350 }],
      },
    });
    const banded = {
      account: account(-140_000),
      positions: [nvda],
      policy: { warning_band: 0.06 },
    };
    expect(await evaluated(banded)).toMatchObject({ excess: 10_000, status: 'WARNING' });
    const all = { ...banded, policy: { long_maintenance_rate: 1 } };
    expect(await evaluated(all)).toMatchObject({ cures: { deposit_securities: null } });
    const short = {
      account: account(30_000),
      positions: [{ symbol: 'S', qty: -100, price: 100 }],
      policy: { short_maintenance_rate: 0.5 },
    };
    expect(await evaluated(short)).toMatchObject({ regulatory_req: 3_000, maintenance_req: 5_000 });
  });

  test.each([[undefined], [null]])(
    'without a price (%p) is INDETERMINATE: what depends on it is null',
    async (price) => {
      const positions = [
        { symbol: 'X', qty: 5, price, beta: 2 },
        { symbol: 'B', qty: 10, price: 10 },
      ];
      expect(await evaluated({ account: account(7), positions })).toEqual({
        account_id: 'ACC1',
        long_mv: null,
        short_mv: null,
        total_mv: null,
        gross_mv: null,
        beta_weighted_exposure: null,
        cash: 7,
        equity: null,
        regulatory_req: null,
        maintenance_req: null,
        regulatory_excess: null,
        excess: null,
        deficiency: null,
        status: 'INDETERMINATE',
        positions: [
          {
            symbol: 'X',
            qty: 5,
            price: null,
            beta: 2,
            beta_defaulted: false,
            market_value: null,
            beta_weighted: null,
            regulatory_req: null,
            maintenance_req: null,
          },
          {
            symbol: 'B',
            qty: 10,
            price: 10,
            beta: 1,
            beta_defaulted: true,
            market_value: 100,
            beta_weighted: 100,
            regulatory_req: 25,
            maintenance_req: 25,
          },
        ],
        stress: null,
        cures: null,
        prices_missing: ['X'],
        beta_defaulted: ['B'],
        unsupported: [],
      });
    },
  );

  test.each([
    ['type PORTFOLIO', { type: 'PORTFOLIO' }, {}, '#/account/type', 'ACCOUNT_TYPE'],
    [
      'an option',
      {},
      { instrument: { type: 'OPTION', strike: 5 } },
      '#/positions/1/instrument',
      'INSTRUMENT',
    ],
    ['an option in short', {}, { instrument: 'OPTION' }, '#/positions/1/instrument', 'INSTRUMENT'],
    [
      'a leveraged equity',
      {},
      { instrument: { type: 'EQUITY', factor: 3 } },
      '#/positions/1/instrument',
      'INSTRUMENT',
    ],
    [
      'an option by its symbol',
      {},
      { symbol: 'X260119C00150000' },
      '#/positions/1/symbol',
      'INSTRUMENT',
    ],
    ['a future by its symbol', {}, { symbol: 'ESZ26' }, '#/positions/1/symbol', 'INSTRUMENT'],
    [
      'a second row of a symbol',
      {},
      { symbol: 'NVDA' },
      '#/positions/1/symbol',
      'DUPLICATE_SYMBOL',
    ],
  ])(
    'with %s is UNSUPPORTED and computes nothing',
    async (_case, ofAccount, ofPosition, field, code) => {
      const answer = await evaluated({
        account: { ...account(7), ...ofAccount },
        positions: [nvda, { symbol: 'X', qty: -1, price: 10, ...ofPosition }],
      });
      expect(answer).toMatchObject({
        account_id: 'ACC1',
        status: 'UNSUPPORTED',
        cash: 7,
        equity: null,
        maintenance_req: null,
        excess: null,
        deficiency: null,
        stress: null,
        cures: null,
        unsupported: [{ field, code }],
      });
    },
  );

  test.each([['EQUITY'], [{ type: 'EQUITY' }], [null], [undefined]])(
    'takes instrument %j as plain equity',
    async (instrument) => {
      const positions = [{ ...nvda, instrument, volatility: 0.38271 }];
      expect(await evaluated({ account: account(0), positions })).toMatchObject({
        status: 'ACTIVE',
        maintenance_req: 50_000,
      });
    },
  );

  test('of −0 cash is of 0', async () => {
    const { out } = await evaluateText(
      '{"account":{"account_id":"A","type":"REG_T","cash":-0},"positions":[]}',
      '--json',
    );
    expect(out).toContain('"cash": 0');
    expect(JSON.parse(out)).toMatchObject({ status: 'ACTIVE', excess: 0 });
  });
});

describe('bad input exits 2, names the field and prints nothing', () => {
  const position = (field: string): string =>
    `{"account":{"account_id":"A","type":"REG_T","cash":0},"positions":[{"symbol":"X","qty":1,"price":1},{"symbol":"Y",${field}}]}`;
  const inAccount = (field: string): string =>
    `{"account":{"account_id":"A","type":"REG_T","cash":0,${field}},"positions":[]}`;
  const inPolicy = (field: string): string =>
    `{"account":{"account_id":"A","type":"REG_T","cash":0},"positions":[],"policy":{${field}}}`;

  test.each([
    ['qty 0', position('"qty":0'), '#/positions/1/qty'],
    ['qty −0', position('"qty":-0'), '#/positions/1/qty'],
    ['qty missing', position('"price":1'), '#/positions/1/qty'],
    ['qty as text', position('"qty":"5"'), '#/positions/1/qty'],
    ['qty with five decimals', position('"qty":0.00001'), '#/positions/1/qty'],
    ['qty 1e400', position('"qty":1e400'), '#/positions/1/qty'],
    ['qty −1e400', position('"qty":-1e400'), '#/positions/1/qty'],
    ['qty 1e300', position('"qty":1e300'), '#/positions/1/qty'],
    ['qty null', position('"qty":null'), '#/positions/1/qty'],
    ['price 0', position('"qty":1,"price":0'), '#/positions/1/price'],
    ['price below 0', position('"qty":1,"price":-5'), '#/positions/1/price'],
    ['price as text', position('"qty":1,"price":"5"'), '#/positions/1/price'],
    ['price true', position('"qty":1,"price":true'), '#/positions/1/price'],
    ['beta 101', position('"qty":1,"beta":101'), '#/positions/1/beta'],
    ['volatility below 0', position('"qty":1,"volatility":-1'), '#/positions/1/volatility'],
    [
      'an instrument that is a number',
      position('"qty":1,"instrument":5'),
      '#/positions/1/instrument',
    ],
    [
      'an instrument without a type',
      position('"qty":1,"instrument":{}'),
      '#/positions/1/instrument',
    ],
    ['an unknown field of a position', position('"qty":1,"quantity":1'), '#/positions/1/quantity'],
    ['a __proto__ field', position('"qty":1,"__proto__":{"price":1}'), '#/positions/1/__proto__'],
    ['an unknown account type', inAccount('"type":"CASH"'), '#/account/type'],
    ['cash as text', inAccount('"cash":"0"'), '#/account/cash'],
    ['cash of $100 billion and more', inAccount('"cash":100000000000.01'), '#/account/cash'],
    ['an account id with a blank', inAccount('"account_id":"A B"'), '#/account/account_id'],
    ['an unknown field of the account', inAccount('"equity":5'), '#/account/equity'],
    ['an unknown policy field', inPolicy('"long_rate":0.3'), '#/policy/long_rate'],
    [
      'a policy rate above 1',
      inPolicy('"long_maintenance_rate":25'),
      '#/policy/long_maintenance_rate',
    ],
    ['a policy rate below 0', inPolicy('"cost_rate":-0.1'), '#/policy/cost_rate'],
    ['a policy rate as text', inPolicy('"warning_band":"5%"'), '#/policy/warning_band'],
    ['no account', '{"positions":[]}', '#/account'],
    ['no positions', '{"account":{"account_id":"A","type":"REG_T","cash":0}}', '#/positions'],
    [
      'an unknown field',
      '{"account":{"account_id":"A","type":"REG_T","cash":0},"positions":[],"x":1}',
      '#/x',
    ],
    [
      'a fault in a list',
      `[${inAccount('"cash":1')},${position('"qty":0')}]`,
      '#/1/positions/1/qty',
    ],
    ['a number', '5', '#'],
    ['null', 'null', '#'],
    ['nothing', '', '# is not JSON'],
    ['NaN', position('"qty":NaN'), '# is not JSON'],
    ['a cut file', position('"qty":1').slice(0, -5), '# is not JSON'],
    [
      'figures beyond $250 billion',
      position('"qty":100000000,"price":10000000'),
      '# A cannot be computed exactly',
    ],
    [
      'such figures in a list',
      `[${position('"qty":100000000,"price":10000000')}]`,
      '#/0 A cannot be computed exactly',
    ],
  ])('%s', async (_case, text, field) => {
    const { exitCode, out, err } = await evaluateText(text, '--json');
    expect(exitCode).toBe(2);
    expect(out).toBe('');
    expect(err).toMatch(new RegExp(`portfolio\\.json: ${field.replaceAll('/', '\\/')}[ \n:]`));
  });

  test('several faults are all named', async () => {
    const { err } = await evaluateText(position('"qty":0,"price":-1,"colour":1'));
    expect(err.trimEnd().split('\n')).toHaveLength(3);
  });

  test('a flood of faults is cut', async () => {
    const list = Array.from({ length: 500 }, () => 5);
    const { err } = await evaluateText(JSON.stringify(list));
    expect(err.trimEnd().split('\n')).toHaveLength(21);
    expect(err).toContain('and 480 more');
  });

  test('what a terminal would obey is not repeated', async () => {
    for (const text of [
      `\u001b[2J`,
      `{"\\u001b[2J":1}`,
      position(`"qty":1,"instrument":"\u001b[2J"`),
    ]) {
      const { exitCode, err } = await evaluateText(text);
      expect([exitCode, err.includes('\u001b')]).toEqual([2, false]);
    }
  });

  test.each([
    ['more than 1 MB', ' '.repeat(1_048_577), 'larger than 1 MB'],
    [
      'more than 1,000 accounts',
      JSON.stringify(Array.from({ length: 1_001 }, () => 0)),
      '1001 accounts',
    ],
    ['bytes that are no text', new Uint8Array([0x22, 0xff, 0x22]), 'not UTF-8'],
  ])('%s', async (_case, text, reason) => {
    const { exitCode, out, err } = await evaluateText(text);
    expect([exitCode, out]).toEqual([2, '']);
    expect(err).toContain(reason);
  });

  test('more than 10,000 positions, in one account or over all', async () => {
    const positions = (count: number): object[] =>
      Array.from({ length: count }, (_, index) => ({ symbol: `S${String(index)}`, qty: 1 }));
    const one = { account: account(0), positions: positions(10_001) };
    const all = [5_000, 5_001].map((count) => ({
      account: account(0),
      positions: positions(count),
    }));
    expect((await evaluateText(JSON.stringify(one))).err).toContain('#/positions');
    expect((await evaluateText(JSON.stringify(all))).err).toContain('10001 positions in all');
  });

  test('a file that is not there, or is a folder', async () => {
    const missing = await run(['--file', path.join(folder, 'none.json')]);
    expect([missing.exitCode, missing.out]).toEqual([2, '']);
    expect(missing.err).toContain('none.json: cannot be read');
    expect((await run(['--file', folder])).exitCode).toBe(2);
  });
});

describe('for a person', () => {
  const text = JSON.stringify([
    { account: account(-160_000), positions: [nvda, { symbol: 'XYZ', qty: -100, price: 4 }] },
    { account: account(5, 'ACC2'), positions: [{ symbol: 'X', qty: 1 }] },
    { account: { ...account(5, 'ACC3'), type: 'PORTFOLIO' }, positions: [] },
    { account: account(-100, 'ACC4'), positions: [] },
  ]);

  test('a table says status, figures, stress and cures', async () => {
    const { exitCode, out, err } = await evaluateText(text);
    expect([exitCode, err]).toEqual([0, '']);
    expect(out).toMatch(/^ACC1 {2}MARGIN_CALL {2}deficiency 10,800\.00$/m);
    expect(out).toMatch(/^ {2}equity +39,600\.00$/m);
    expect(out).toMatch(/^ {2}XYZ +-100 +4\.00 +1\? +-400\.00 +400\.00$/m);
    expect(out).toMatch(/^ {2}-8 % +-28,768\.00 +10,832\.00 +-39,568\.00 {2}underwater$/m);
    expect(out).toMatch(/^ {2}\+4 % +14,384\.00 +53,984\.00 +3,584\.00$/m);
    expect(out).toMatch(/^ {2}deposit 10,800\.00 in cash$/m);
    expect(out).toMatch(/^ {2}sell 108 NVDA$/m);
    expect(out).toMatch(/^ACC2 {2}INDETERMINATE {2}no price: X$/m);
    expect(out).toMatch(/^ACC3 {2}UNSUPPORTED$/m);
    expect(out).toMatch(/^ {2}#\/account\/type {2}PORTFOLIO margin is not computed yet$/m);
    expect(out).toMatch(/^ {2}selling is not enough: it would leave 100\.00 owed$/m);
  });

  test('colours come only where the terminal takes them', async () => {
    const file = path.join(folder, 'portfolio.json');
    writeFileSync(file, text);
    expect((await run(['--file', file])).out).not.toContain('\u001b[');
    expect((await run(['--file', file], true)).out).toContain('\u001b[31mMARGIN_CALL\u001b[39m');
    expect((await run(['--file', file, '--json'], true)).out).not.toContain('\u001b[');
  });

  test('the help shows the input, the exit codes and examples', async () => {
    const { out } = await run(['--help']);
    expect(out).toContain('"account_id": "ACC1"');
    expect(out).toContain('sentinel margin evaluate --file portfolio.json');
    expect(out).toMatch(/2 {2}the input is not valid/);
  });
});

describe('as a process', () => {
  const COMMAND = ['cli/main.ts', 'margin', 'evaluate', '--file', '-', '--json'];

  async function piped(input: string): Promise<Run> {
    const child = spawn(process.execPath, COMMAND, {
      cwd: path.join(import.meta.dirname, '../..'),
    });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
    // Input that is too large is not read to its end.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    const exitCode = await new Promise<number>((resolve) => {
      child.on('close', (code) => {
        resolve(code ?? -1);
      });
    });
    return { exitCode, out, err };
  }

  test('it reads standard input and exits 0', async () => {
    const { exitCode, out } = await piped(
      JSON.stringify({ account: account(-160_000), positions: [nvda] }),
    );
    expect(exitCode).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ status: 'MARGIN_CALL', deficiency: 10_000 });
  });

  test('it exits 2 on bad input, with nothing on standard output', async () => {
    const { exitCode, out, err } = await piped('{"account":{}}');
    expect([exitCode, out]).toEqual([2, '']);
    expect(err).toContain('standard input: #/account/account_id is required');
  });

  test('it stops reading after 1 MB', async () => {
    const { exitCode, out, err } = await piped(' '.repeat(5_000_000));
    expect([exitCode, out]).toEqual([2, '']);
    expect(err).toContain('larger than 1 MB');
  });
});
