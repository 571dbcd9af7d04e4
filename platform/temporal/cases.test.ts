import { randomUUID } from 'node:crypto';
import type { AcknowledgedCase } from '#ports/cases.ts';
import { WALK_POLICY } from '#test/ladder-walk.ts';
import { CaseServer, seen, until } from '#test/temporal.ts';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createCases, caseTaskQueue } from './cases.ts';
import { connectTemporal } from './connection.ts';
import type { TemporalConnection } from './connection.ts';

let server: CaseServer;
let connection: TemporalConnection;
const prefix = `t${randomUUID().slice(0, 8)}-`;

beforeAll(async () => {
  server = await CaseServer.start();
  const { address } = server.temporal;
  connection = connectTemporal({ address, namespace: 'default', prefix });
});

afterAll(async () => {
  await connection.close();
  await server.stop();
});

describe('the cases on a Temporal server', () => {
  test('begin with the first signal, take an acknowledgement, and say what they have seen', async () => {
    const cases = createCases(connection.client, { prefix });
    const policy = { ...WALK_POLICY, dueAfterMs: 600_000 };
    const world = server.world(policy, 'ACC_1', caseTaskQueue(prefix));
    await server.withWorker(world, async () => {
      await cases.deliver('ACC_1', { type: 'FIGURES', figures: world.fall(390) });
      await until('the call is out', () =>
        world.actions('margin.calls.v1').includes('MARGIN_CALL'),
      );
      const by = { by: 'ann', at: Date.now(), note: null };
      expect(await cases.acknowledge({ accountId: 'ACC_1', ...by })).toBe('RECORDED');
      await until('it is recorded', () => world.actions('audit.v1').includes('ACKNOWLEDGED'));

      const acknowledged = await seen(
        'the case in the list',
        async () => {
          const found: AcknowledgedCase[] = [];
          for await (const each of cases.acknowledged()) found.push(each);
          return found;
        },
        (found) => found.some(({ rung }) => rung === 'MARGIN_CALL'),
      );
      expect(acknowledged).toEqual([
        {
          accountId: 'ACC_1',
          rung: 'MARGIN_CALL',
          status: 'MARGIN_CALL',
          version: { generation: 1, sequence: 1 },
          deficiencyE4: 37_500_000,
          stress: 'UNDERWATER',
        },
      ]);
    });
    await connection.client.workflow.getHandle(`${prefix}account-case:ACC_1`).terminate();
  });

  test('do not exist for an account that was never in trouble', async () => {
    const cases = createCases(connection.client, { prefix });
    const acknowledgement = { accountId: 'ACC_NONE', by: 'ann', at: Date.now(), note: null };
    expect(await cases.acknowledge(acknowledgement)).toBe('NO_CASE');
  });

  test('cannot be told anything while the server is away, and say so in time', async () => {
    const away = connectTemporal({ address: '127.0.0.1:1', namespace: 'default', prefix });
    const cases = createCases(away.client, { prefix });
    const began = Date.now();
    const world = server.world(WALK_POLICY);
    const event = { type: 'FIGURES', figures: world.figures() } as const;
    await expect(cases.deliver('ACC_1', event)).rejects.toThrow();
    expect(Date.now() - began).toBeLessThan(30_000);
    await away.close();
  });
});
