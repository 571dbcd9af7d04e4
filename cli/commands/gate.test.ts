import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Command, CommanderError } from 'commander';
import { register } from './gate.ts';

const NOW = 1_710_000_000_000;

let folder = '';

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sentinel-decide-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Runs `sentinel gate decide` on a file with this text; what it writes is kept. */
async function decideText(text: string, ...options: string[]) {
  const file = path.join(folder, 'scenario.json');
  writeFileSync(file, text);
  let out = '';
  let err = '';
  const program = new Command('sentinel').exitOverride().configureOutput({
    writeOut: (written) => (out += written),
    writeErr: (written) => (err += written),
  });
  register(program);
  try {
    await program.parseAsync(['gate', 'decide', '--file', file, ...options], { from: 'user' });
    return { exitCode: 0, out, err };
  } catch (error) {
    if (error instanceof CommanderError) return { exitCode: error.exitCode, out, err };
    throw error;
  }
}

const scenario = (given: object): object => ({
  now: NOW,
  positions: [{ account_id: 'A', symbol: 'NVDA', qty: 500 }],
  open_orders: [{ order_id: 'O1', account_id: 'A', symbol: 'NVDA', side: 'SELL', leaves_qty: 200 }],
  prices: [{ symbol: 'NVDA', price: 400 }],
  controls: { killed: [], close_only: ['A'], throttled: [], fresh: true },
  orders: [],
  ...given,
});

const sell = (order_id: string, qty: number, given: object = {}): object => ({
  order_id,
  ts: NOW,
  account_id: 'A',
  symbol: 'NVDA',
  side: 'SELL',
  qty,
  price: 400,
  strategy: 'alpha',
  ...given,
});

async function decided(given: object): Promise<unknown> {
  const { exitCode, out, err } = await decideText(JSON.stringify(scenario(given)), '--json');
  expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
  return JSON.parse(out);
}

describe('a scenario', () => {
  test('is decided in order, each order seeing what those before it reserved', async () => {
    expect(await decided({ orders: [sell('O2', 300), sell('O3', 1), sell('O2', 1)] })).toEqual([
      { order_id: 'O2', decision: 'ALLOW', code: 'ALLOW', observed: null, limit: null },
      { order_id: 'O3', decision: 'REJECT', code: 'CLOSE_ONLY', observed: 501, limit: 500 },
      { order_id: 'O2', decision: 'DUPLICATE', code: 'DUPLICATE', observed: 'O2', limit: null },
    ]);
  });
  test('says dollars and shares as they came in, and ms as ms', async () => {
    const orders = [
      sell('OLD', 1, { ts: NOW - 5_001 }),
      sell('DEAR', 1, { price: 440.0001 }),
      sell('OPEN', 1),
    ];
    expect(await decided({ orders })).toMatchObject([
      { code: 'EXPIRED', observed: 5_001, limit: 5_000 },
      { code: 'COLLAR', observed: 440.0001, limit: 440 },
      { code: 'ALLOW' },
    ]);
  });
  test('decides a malformed order and goes on', async () => {
    const orders = [
      sell('BAD', -1),
      { order_id: 'R', type: 'REPLACE' },
      7,
      { order_id: 'C', ts: NOW, account_id: 'A', type: 'CANCEL', cancel_order_id: 'O1' },
    ];
    expect(await decided({ orders })).toMatchObject([
      { order_id: 'BAD', code: 'SCHEMA', observed: expect.stringMatching(/^#\/orders\/0\/qty /) },
      { order_id: 'R', code: 'UNSUPPORTED', observed: 'REPLACE' },
      { order_id: null, code: 'SCHEMA' },
      { order_id: 'C', decision: 'ALLOW' },
    ]);
  });
  test('checks credit only where accounts are given', async () => {
    const controls = { killed: [], close_only: [], throttled: [], fresh: true };
    const buy = sell('B', 100, { side: 'BUY' });
    expect(await decided({ controls, orders: [buy] })).toMatchObject([{ code: 'ALLOW' }]);
    const accounts = [{ account_id: 'A', excess: 19_999.99 }];
    expect(await decided({ controls, accounts, orders: [buy] })).toMatchObject([
      { code: 'CREDIT', observed: 20_000, limit: 19_999.99 },
    ]);
  });
  test('replaces single fields of the policy', async () => {
    const policy = { order_qty_max: 10 };
    expect(await decided({ policy, orders: [sell('S', 11)] })).toMatchObject([
      { code: 'SIZE', observed: 11, limit: 10 },
    ]);
  });
});

describe('a scenario that is not valid ends with 2, names the field and prints nothing', () => {
  test.each<[string, string, RegExp]>([
    ['no JSON', '{', /# is not JSON/],
    [
      'a word for fresh',
      JSON.stringify(scenario({ controls: { fresh: 'yes' } })),
      /#\/controls\/fresh/,
    ],
    ['an unknown field', JSON.stringify(scenario({ kill: [] })), /#\/kill is not a known field/],
    [
      'an unknown scope',
      JSON.stringify(
        scenario({ controls: { killed: [{ scope: 'FIRM', mode: 'BLOCK' }], fresh: true } }),
      ),
      /#\/controls\/killed\/0\/scope must be GLOBAL/,
    ],
    [
      'a position twice',
      JSON.stringify(
        scenario({
          positions: [
            { account_id: 'A', symbol: 'NVDA', qty: 1 },
            { account_id: 'A', symbol: 'NVDA', qty: 2 },
          ],
        }),
      ),
      /#\/positions\/1 is a second row/,
    ],
  ])('%s', async (_what, text, message) => {
    const { exitCode, out, err } = await decideText(text, '--json');
    expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' });
    expect(err).toMatch(message);
  });
});
