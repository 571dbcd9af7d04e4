import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { exportSPKI, generateKeyPair } from 'jose';
import type { CryptoKey } from 'jose';
import { mintToken } from '#platform/identity/mint-token.ts';
import { testDynamoDbEndpoint } from './dynamodb-fixture.ts';
import { eventually, openKafka } from './kafka-fixture.ts';
import type { KafkaFixture } from './kafka-fixture.ts';
import { startPart } from './part-fixture.ts';

/** The API as a process, as `sentinel up` starts it. */

let kafka: KafkaFixture;
let folder: string;
let privateKey: CryptoKey;

beforeAll(async () => {
  kafka = await openKafka('api-process', 2);
  folder = await mkdtemp(join(tmpdir(), 'sentinel-api-'));
  const pair = await generateKeyPair('EdDSA', { crv: 'Ed25519' });
  ({ privateKey } = pair);
  await writeFile(join(folder, 'public.pem'), await exportSPKI(pair.publicKey));
});
afterAll(async () => {
  await kafka.close();
  await rm(folder, { recursive: true });
});

const environment = () => ({
  DYNAMODB_ENDPOINT: testDynamoDbEndpoint(),
  SENTINEL_TOPIC_PREFIX: kafka.topicPrefix,
  SENTINEL_PARTITIONS: '2',
  SENTINEL_API_PORT: '0',
  SENTINEL_JWT_PUBLIC_KEY_FILE: join(folder, 'public.pem'),
});

test('the API process takes a price with a token, is ready, and ends with 0 on SIGTERM', async () => {
  const part = await startPart('api/main.ts', environment());
  const url = String(part.lines.find(({ event }) => event === 'ready')?.url);
  await eventually('it is ready', 60_000, async () => (await fetch(`${url}/readyz`)).ok);
  const principal = { subject: 'feed-1', roles: ['feed'] } as const;
  const token = await mintToken(principal, privateKey, Date.now(), 600_000);
  const accepted = await fetch(`${url}/prices`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ symbol: 'NVDA', price: 400, timestamp: Date.now() }),
  });
  expect(accepted.status).toBe(202);
  expect(await part.stop()).toBe(0);
}, 240_000);

test('without a key nobody could be let in: it does not start and says so', async () => {
  const start = startPart('api/main.ts', { ...environment(), SENTINEL_JWT_PUBLIC_KEY_FILE: '' });
  await expect(start).rejects.toThrow('ended with');
});
