import { spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { TOPICS } from '#contracts/topics.ts';
import { NODE_FLAGS } from '#stack/launch.ts';
import { sentinel } from './cli-fixture.ts';
import type { CliRun } from './cli-fixture.ts';
import { eventually, openKafka, testBrokers } from './kafka-fixture.ts';
import type { KafkaFixture } from './kafka-fixture.ts';

/** `sentinel tail` on a real Kafka. */

/** A process that joins a group, on a machine with other work. */
const PATIENCE_MS = 60_000;
/** The command's own start comes on top. */
const TEST_MS = 180_000;

let kafka: KafkaFixture;
let known: Record<string, string>;

beforeAll(async () => {
  kafka = await openKafka('tail', 2);
  known = { KAFKA_BROKERS: testBrokers().join(','), SENTINEL_TOPIC_PREFIX: kafka.topicPrefix };
  for (const [account, amount] of [
    ['ACC_1', 100],
    ['ACC_2', 200],
    ['ACC_1', 300],
  ] as const) {
    await kafka.publish([cash(account, amount)]);
  }
  await kafka.publish([price(400)]);
});
afterAll(() => kafka.close());

const cash = (account_id: string, amount: number) => ({
  topic: TOPICS.cash.name,
  key: account_id,
  value: JSON.stringify({
    cash_id: `c${String(amount)}`,
    account_id,
    amount,
    kind: 'DEPOSIT',
    timestamp: Date.now(),
  }),
});
const price = (dollars: number) => ({
  topic: TOPICS.prices.name,
  key: 'NVDA',
  value: JSON.stringify({ symbol: 'NVDA', price: dollars, timestamp: Date.now() }),
});
const run = (...words: string[]): Promise<CliRun> => sentinel(['tail', ...words], known);

const lineSchema = z.strictObject({
  topic: z.string(),
  partition: z.int(),
  offset: z.int(),
  timestamp: z.int(),
  key: z.string().nullable(),
  value: z.record(z.string(), z.unknown()),
});

describe('sentinel tail', () => {
  test(
    'shows what lies there in the order of its time, over topics and partitions, a line each',
    async () => {
      const { exitCode, out, err } = await run('cash', 'prices', '--from-beginning', '--max', '4');
      expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
      const said = out.split('\n').map((line) => line.replace(/^\d\d:\d\d:\d\d\.\d{3} +/, ''));
      expect(said).toEqual([
        expect.stringMatching(/^cash +ACC_1 +DEPOSIT {2}100\.00 {2}cash_id c100$/),
        expect.stringMatching(/^cash +ACC_2 +DEPOSIT {2}200\.00/),
        expect.stringMatching(/^cash +ACC_1 +DEPOSIT {2}300\.00/),
        expect.stringMatching(/^prices +NVDA +400\.00$/),
        '',
      ]);
    },
    TEST_MS,
  );

  test(
    'as JSON has an object a line with its place, of one account only',
    async () => {
      const wanted = ['--account', 'ACC_1', '--since', '1h', '--max', '2', '--json'];
      const { exitCode, out } = await run(...wanted);
      expect(exitCode).toBe(0);
      const lines = out
        .trimEnd()
        .split('\n')
        .map((line) => lineSchema.parse(JSON.parse(line)));
      expect(lines.map(({ topic, key, value }) => [topic, key, value.amount])).toEqual([
        [TOPICS.cash.name, 'ACC_1', 100],
        [TOPICS.cash.name, 'ACC_1', 300],
      ]);
    },
    TEST_MS,
  );

  test(
    'goes on with what comes, from now on, until Ctrl-C, which is no failure',
    async () => {
      const child = spawn(process.execPath, [...NODE_FLAGS, 'cli/main.ts', 'tail', 'cash'], {
        env: { PATH: process.env.PATH, ...known },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let out = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
      const ended = new Promise((resolve) => {
        child.once('close', resolve);
      });
      let sent = 1_000;
      // It says nothing before the first record: send until it has come to listen.
      await eventually('a record of now', PATIENCE_MS, async () => {
        await kafka.publish([cash('ACC_3', (sent += 1))]);
        return out !== '';
      });
      child.kill('SIGINT');
      expect(await ended).toBe(0);
      expect(out).toMatch(/^\d\d:\d\d:\d\d\.\d{3} +cash +ACC_3 +DEPOSIT +[\d,]+\.00/);
      expect(out).not.toContain('c300');
    },
    TEST_MS,
  );

  test('names the nearest topic for one that there is not, as wrong usage', async () => {
    const { exitCode, out, err } = await run('margin.call');
    expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' });
    expect(err).toContain('Did you mean margin.calls?');
  });

  test(
    'says when nothing runs, and when no Kafka answers',
    async () => {
      const nothing = await sentinel(['tail'], { HOME: '/nowhere' });
      expect(nothing.exitCode).toBe(1);
      expect(nothing.err).toContain('sentinel up');
      const away = await sentinel(['tail', 'cash'], { KAFKA_BROKERS: '127.0.0.1:1' });
      expect(away.exitCode).toBe(1);
      expect(away.err).toContain('127.0.0.1:1');
    },
    TEST_MS,
  );
});
