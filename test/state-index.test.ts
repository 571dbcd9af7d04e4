import { isDeepStrictEqual } from 'node:util';
import { DeleteTableCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { TOPICS } from '#contracts/topics.ts';
import { caseSnapshot, marginCalc } from './account-records.ts';
import { openStateIndex, testDynamoDbEndpoint } from './dynamodb-fixture.ts';
import type { StateIndexFixture } from './dynamodb-fixture.ts';
import { eventually, openKafka } from './kafka-fixture.ts';
import type { KafkaFixture } from './kafka-fixture.ts';
import { startPart } from './part-fixture.ts';
import type { PartProcess } from './part-fixture.ts';

/** The state index as a process, between the real Kafka and DynamoDB. */

const WAIT_MS = 60_000;

let kafka: KafkaFixture;
let store: StateIndexFixture;
let part: PartProcess;

const start = (): Promise<PartProcess> =>
  startPart('consumers/state-index/main.ts', {
    DYNAMODB_ENDPOINT: testDynamoDbEndpoint(),
    SENTINEL_TOPIC_PREFIX: kafka.topicPrefix,
    SENTINEL_METRICS_PORT: '0',
  });

beforeAll(async () => {
  kafka = await openKafka('state-index', 2);
  part = await start();
  store = await openStateIndex(kafka.topicPrefix);
});
afterAll(async () => {
  store.close();
  await kafka.close();
});

async function publish(topic: string, account: string, content: unknown): Promise<void> {
  await kafka.publish([{ topic, key: account, value: JSON.stringify(content) }]);
}

const publishFigures = (account: string, changes: Parameters<typeof marginCalc>[0]) =>
  publish(TOPICS.marginCalc.name, account, marginCalc({ account_id: account, ...changes }));

const move = (sequence: number) => ({ cause: 'PRICE', sequence, cash: sequence }) as const;

async function showsCash(account: string, cash: number): Promise<void> {
  await eventually(`${account} has ${String(cash)}`, WAIT_MS, async () => {
    const state = await store.index.get(account);
    return state?.figures?.cash === cash;
  });
}

describe('the state index process', () => {
  test('shows figures and cases, with malformed records among them', async () => {
    await kafka.publish([{ topic: TOPICS.marginCalc.name, key: 'ACC_1', value: 'not JSON' }]);
    await publishFigures('ACC_1', { cause: 'FILL', cash: 7 });
    await publish(TOPICS.audit.name, 'ACC_1', {
      event_id: 'e1',
      event_type: 'MARGIN_CALL',
      account_id: 'ACC_1',
      actor: 'account-case',
      timestamp: new Date().toISOString(),
      details: { case: caseSnapshot() },
      correlation_id: 'c',
      causation_id: null,
    });
    await showsCash('ACC_1', 7);
    await eventually('the case', WAIT_MS, async () => (await store.index.get('ACC_1'))?.case);
    const port = part.lines.find(({ event }) => event === 'ready')?.metrics_port;
    const metrics = await fetch(`http://127.0.0.1:${String(port)}/metrics`);
    expect(await metrics.text()).toMatch(
      /unreadable_records_total\{[^}]*code="MALFORMED"[^}]*\} [1-9]/,
    );
  });

  test('killed -9 with a price move put off, it writes it after the restart', async () => {
    await publishFigures('ACC_2', move(1));
    await showsCash('ACC_2', 1);
    await publishFigures('ACC_2', move(2));
    // Long enough for the batch to be handled and its offsets to be committed.
    await publishFigures('ACC_3', { cause: 'FILL', cash: 3 });
    await showsCash('ACC_3', 3);
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect((await store.index.get('ACC_2'))?.figures?.cash).toBe(1);
    await part.kill();
    part = await start();
    await showsCash('ACC_2', 2);
  });

  test('whose table is lost ends, and builds it anew from the topics when it is started again', async () => {
    const before = await Promise.all(['ACC_1', 'ACC_2', 'ACC_3'].map((id) => store.index.get(id)));
    await store.client.send(new DeleteTableCommand({ TableName: store.table }));
    await publishFigures('ACC_4', { cause: 'FILL', cash: 4 });
    await eventually('its end', WAIT_MS, () =>
      Promise.resolve(part.lines.some(({ event }) => event === 'failed')),
    );
    part = await start();
    await showsCash('ACC_4', 4);
    const built = async (): Promise<unknown[]> =>
      Promise.all(['ACC_1', 'ACC_2', 'ACC_3'].map((id) => store.index.get(id)));
    await eventually('all of it', WAIT_MS, async () => isDeepStrictEqual(await built(), before));
  });

  test('ends with 0 at SIGTERM', async () => {
    expect(await part.stop()).toBe(0);
  });
});
