import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { freePorts, requireFreePort, wellKnownPort } from './ports.ts';

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

describe('a well-known port', () => {
  test('is the one that everybody knows', () => {
    expect(wellKnownPort('kafka', {})).toBe(9092);
  });

  test('moves with its variable', () => {
    expect(wellKnownPort('kafka', { SENTINEL_KAFKA_PORT: '19092' })).toBe(19_092);
  });

  test.each(['0', '65536', 'kafka', '9092.5', '-1'])('cannot be %s', (given) => {
    expect(() => wellKnownPort('kafka', { SENTINEL_KAFKA_PORT: given })).toThrow(
      `SENTINEL_KAFKA_PORT=${given} is not a port.`,
    );
  });

  test('that is taken is refused with its number, its holder and the variable that moves it', async () => {
    const port = await listen();
    await expect(requireFreePort('kafka', port)).rejects.toMatchObject({
      message: expect.stringMatching(
        new RegExp(`^Port ${port}, for Kafka, is taken by .+ \\(pid ${process.pid}\\)\\.$`),
      ),
      cure: expect.stringContaining('SENTINEL_KAFKA_PORT='),
    });
  });

  test('that is free is not refused', async () => {
    const [port = 0] = await freePorts(1);
    await expect(requireFreePort('kafka', port)).resolves.toBeUndefined();
  });
});

describe('free ports', () => {
  test('are all different', async () => {
    expect(new Set(await freePorts(20)).size).toBe(20);
  });

  test('are none that the system gives to somebody else before they are used', async () => {
    for (const port of await freePorts(20)) expect(port).toBeLessThan(32_768);
  });
});

async function listen(): Promise<number> {
  const server = createServer();
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}
