import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { exportSPKI, generateKeyPair } from 'jose';
import { z } from 'zod';
import { auditSchema } from '#contracts/case-events.ts';
import { cashSchema } from '#contracts/ingest.ts';
import { TOPICS } from '#contracts/topics.ts';
import { mintToken } from '#platform/identity/mint-token.ts';
import { testDynamoDbEndpoint } from './dynamodb-fixture.ts';
import { eventually, openKafka } from './kafka-fixture.ts';
import type { KafkaFixture } from './kafka-fixture.ts';
import { startPart } from './part-fixture.ts';
import type { PartProcess } from './part-fixture.ts';

/** Withdrawals through the real API process, on the figures of a real engine. */

let kafka: KafkaFixture;
let folder: string;
let api: PartProcess;
let engine: PartProcess;
let url: string;
let token: string;

beforeAll(async () => {
  kafka = await openKafka('withdrawals', 2);
  folder = await mkdtemp(join(tmpdir(), 'sentinel-withdrawals-'));
  const { publicKey, privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519' });
  await writeFile(join(folder, 'public.pem'), await exportSPKI(publicKey));
  const environment = {
    DYNAMODB_ENDPOINT: testDynamoDbEndpoint(),
    SENTINEL_TOPIC_PREFIX: kafka.topicPrefix,
    SENTINEL_PARTITIONS: '2',
    SENTINEL_API_PORT: '0',
    SENTINEL_JWT_PUBLIC_KEY_FILE: join(folder, 'public.pem'),
  };
  [api, engine] = await Promise.all([
    startPart('api/main.ts', environment),
    startPart('consumers/margin-engine/main.ts', environment),
  ]);
  url = String(api.lines.find(({ event }) => event === 'ready')?.url);
  token = await mintToken({ subject: 'f', roles: ['feed'] }, privateKey, Date.now(), 3_600_000);
});
afterAll(async () => {
  await api.stop();
  await kafka.close();
  await rm(folder, { recursive: true });
});

const answerSchema = z.looseObject({ code: z.string().optional(), detail: z.string().optional() });

async function post(path: string, body: object): Promise<{ status: number; code: string }> {
  const response = await fetch(url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const answer = answerSchema.parse(await response.json());
  return { status: response.status, code: answer.code ?? '' };
}

const cash = (account_id: string, amount: number, cash_id: string = randomUUID()) => ({
  cash_id,
  account_id,
  amount,
  kind: amount > 0 ? 'DEPOSIT' : 'WITHDRAWAL',
  timestamp: Date.now(),
});

/** No proof of fresh figures yet, or a price that grew old on a busy machine. */
const isEarly = ({ status, code }: { status: number; code: string }): boolean =>
  status === 503 || code === 'PRICE_DOUBTFUL';

/** Asks until the machine is quick enough to prove its figures. */
function withdraw(account: string, amount: number, id?: string): ReturnType<typeof post> {
  const record = cash(account, -amount, id);
  return eventually('an answer on fresh figures', 60_000, async () => {
    await post('/prices', { symbol: 'NVDA', price: 400, timestamp: Date.now() });
    const answer = await post('/cash', record);
    return isEarly(answer) ? null : answer;
  });
}

async function booked(account: string): Promise<number[]> {
  const records = await kafka.readAll(TOPICS.cash.name);
  return records
    .map(({ value }) => cashSchema.parse(JSON.parse(Buffer.from(value ?? []).toString())))
    .filter((record) => record.account_id === account)
    .map(({ amount }) => amount);
}

describe('a withdrawal', () => {
  test('passes to the last cent of the excess, and not a cent beyond; each decision is audited', async () => {
    await post('/prices', { symbol: 'NVDA', price: 400, timestamp: Date.now() });
    await post('/cash', cash('ACC_1', 100_000));
    const fill = { fill_id: randomUUID(), account_id: 'ACC_1', symbol: 'NVDA', qty: 500 };
    await post('/fills', { ...fill, price: 400, timestamp: Date.now() });
    // Equity 100,000, requirement 50,000.
    const beyond = await withdraw('ACC_1', 50_000.01);
    expect(beyond).toEqual({ status: 409, code: 'LEAVES_DEFICIENCY' });
    expect((await withdraw('ACC_1', 50_000)).status).toBe(202);
    expect((await withdraw('ACC_1', 0.01)).code).toBe('LEAVES_DEFICIENCY');
    expect(await booked('ACC_1')).toEqual([100_000, -50_000]);
    const audits = (await kafka.readAll(TOPICS.audit.name)).map(({ value }) =>
      auditSchema.parse(JSON.parse(Buffer.from(value ?? []).toString())),
    );
    // Asked with a price that grew old on a busy machine, it was asked again.
    const inTime = audits.filter(({ details }) => details.code !== 'PRICE_DOUBTFUL');
    const told = inTime.map(({ event_type, details }) => [event_type, details.observed]);
    expect(told).toEqual([
      ['WITHDRAWAL_REFUSED', 50_000.01],
      ['WITHDRAWAL_ALLOWED', 50_000],
      ['WITHDRAWAL_REFUSED', 0.01],
    ]);
  }, 120_000);

  test('of many at once, of which each would pass alone, only as many pass as there is money for', async () => {
    await post('/cash', cash('ACC_2', 10_000));
    const answers = await Promise.all(Array.from({ length: 8 }, () => withdraw('ACC_2', 4_000)));
    expect(answers.map(({ status }) => status).sort()).toEqual([
      ...[202, 202],
      ...[409, 409, 409, 409, 409, 409],
    ]);
    expect(await booked('ACC_2')).toEqual([10_000, -4_000, -4_000]);
  }, 120_000);

  test('that is repeated with its id is answered as before', async () => {
    await post('/cash', cash('ACC_3', 10_000));
    const id = randomUUID();
    expect((await withdraw('ACC_3', 8_000, id)).status).toBe(202);
    expect((await withdraw('ACC_3', 8_000, id)).status).toBe(202);
    expect((await withdraw('ACC_3', 8_000)).status).toBe(409);
    expect(await booked('ACC_3')).toEqual([10_000, -8_000]);
  }, 120_000);

  test('does not count the deposit before it in its own request, which may be a repeated one', async () => {
    const deposit = cash('ACC_4', 500);
    await post('/cash', deposit);
    const answer = await eventually('an answer', 60_000, async () => {
      const got = await post('/cash', [deposit, cash('ACC_4', -1_000)]);
      return isEarly(got) ? null : got;
    });
    expect(answer).toEqual({ status: 409, code: 'LEAVES_DEFICIENCY' });
    expect(await booked('ACC_4')).toEqual([500]);
  }, 120_000);

  test('beside a reversal of the same account is sent back: what it leaves is not known yet', async () => {
    const { cash_id, account_id, timestamp } = cash('ACC_7', 1);
    const reversal = { cash_id, account_id, timestamp, kind: 'REVERSAL', ref_cash_id: 'before' };
    const answer = await post('/cash', [reversal, cash('ACC_7', -1)]);
    expect(answer).toEqual({ status: 409, code: 'BESIDE_REVERSAL' });
  });

  test('from an account without a price for what it holds, or without figures, is refused', async () => {
    const fill = { fill_id: randomUUID(), account_id: 'ACC_5', symbol: 'DARK', qty: 1 };
    await post('/cash', cash('ACC_5', 10_000));
    await post('/fills', { ...fill, price: 1, timestamp: Date.now() });
    expect(await withdraw('ACC_5', 1)).toEqual({ status: 409, code: 'INDETERMINATE' });
    expect(await withdraw('NOBODY', 1)).toEqual({ status: 409, code: 'NO_FIGURES' });
  }, 120_000);

  test('beyond what an old price leaves for sure is refused until there is a new one', async () => {
    await post('/prices', { symbol: 'OLD', price: 100, timestamp: Date.now() - 60_000 });
    await post('/cash', cash('ACC_6', 10_000));
    const fill = { fill_id: randomUUID(), account_id: 'ACC_6', symbol: 'OLD', qty: 150 };
    await post('/fills', { ...fill, price: 100, timestamp: Date.now() });
    // Equity 10,000 against 3,750: 6,250 to spare; a fifth lower 7,000 against 3,000.
    const asked = async (amount: number) => {
      const record = cash('ACC_6', -amount);
      return eventually('an answer on fresh figures', 60_000, async () => {
        const got = await post('/cash', record);
        return got.status === 503 ? null : got;
      });
    };
    expect(await asked(4_000.01)).toEqual({ status: 409, code: 'PRICE_DOUBTFUL' });
    expect((await asked(4_000)).status).toBe(202);
  }, 120_000);

  test('does not pass while nobody computes figures, and a deposit does', async () => {
    await engine.kill();
    const answer = await eventually('no proof of fresh figures', 60_000, async () => {
      const got = await post('/cash', cash('ACC_2', -1));
      return got.status === 503 ? got : null;
    });
    expect(answer.code).toMatch(/^(NOT_CAUGHT_UP|HEARTBEAT_OLD)$/);
    expect((await post('/cash', cash('ACC_2', 1))).status).toBe(202);
  }, 120_000);
});
