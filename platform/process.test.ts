import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

/** The life of a part: what a supervisor and its parent see of it. */

const WAIT_MS = 50_000;

let folder: string;

/** A part that does what its environment says, in place of a real `main.ts`. */
const PART = `
import { runProcess } from '${new URL('./process.ts', import.meta.url).href}';
const does = process.argv[2];
runProcess({
  name: 'worker',
  start: async ({ logger, metrics, fail }) => {
    metrics.counter('sentinel_case_holds_total').inc({ code: 'QUOTE_OLD' }, 3);
    logger.info({ authorization: 'Bearer secret', user: { token: 'secret' } }, 'hello');
    if (does === 'cannot start') throw new Error('Kafka is away');
    const timer = setInterval(() => {}, 1_000);
    if (does === 'throws') setTimeout(() => { throw new Error('a defect'); }, 10);
    if (does === 'rejects') setTimeout(() => { void Promise.reject(new Error('a defect')); }, 10);
    if (does === 'fails') setTimeout(() => { fail(new Error('the group is lost')); }, 10);
    return {
      readyFields: { port: 4711 },
      ready: async () =>
        does === 'is not ready' ? { ready: false, reason: 'restoring' } : { ready: true },
      stop: async () => {
        if (does === 'hangs') await new Promise(() => {});
        clearInterval(timer);
      },
    };
  },
});
`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sentinel-process-'));
  await writeFile(join(folder, 'part.mjs'), PART);
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

interface Part {
  readonly child: ChildProcess;
  readonly lines: Record<string, unknown>[];
  readonly exited: Promise<number | null>;
  /** The first line with this event. */
  event(name: string): Promise<Record<string, unknown>>;
}

function start(does: string, environment: Record<string, string> = {}): Part {
  const child = spawn(process.execPath, [join(folder, 'part.mjs'), does], {
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines: Record<string, unknown>[] = [];
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    for (const line of parts) {
      const parsed: Record<string, unknown> = JSON.parse(line);
      lines.push(parsed);
    }
  });
  let closed = false;
  const isClosed = (): boolean => closed;
  const exited = new Promise<number | null>((resolve) => {
    child.once('close', (code) => {
      closed = true;
      resolve(code);
    });
  });
  const event = async (name: string): Promise<Record<string, unknown>> => {
    const giveUpAt = Date.now() + WAIT_MS;
    for (;;) {
      const found = lines.find((line) => line.event === name);
      if (found !== undefined) return found;
      if (isClosed() || Date.now() > giveUpAt) {
        throw new Error(`no line with event ${name} among ${JSON.stringify(lines)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  return { child, lines, exited, event };
}

describe('a part', () => {
  test('says in one line that it is ready, and where', async () => {
    const part = start('its work');
    expect(await part.event('ready')).toMatchObject({ level: 'info', part: 'worker', port: 4711 });
    part.child.kill('SIGTERM');
    await part.exited;
  });
  test.each(['SIGTERM', 'SIGINT'] as const)(
    'ends with 0 on %s, also when it comes twice',
    async (signal) => {
      const part = start('its work');
      await part.event('ready');
      part.child.kill(signal);
      part.child.kill(signal);
      expect(await part.exited).toBe(0);
    },
  );
  test('ends with its parent when it is told to', async () => {
    const part = start('its work', { SENTINEL_EXIT_WITH_PARENT: '1' });
    await part.event('ready');
    part.child.stdin?.end();
    expect(await part.exited).toBe(0);
  });
  test('outlives its parent otherwise', async () => {
    const part = start('its work');
    await part.event('ready');
    part.child.stdin?.end();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(part.child.exitCode).toBeNull();
    part.child.kill('SIGTERM');
    await part.exited;
  });
  test('that hangs at its stop is ended after 4.5 s with 1', async () => {
    const part = start('hangs');
    await part.event('ready');
    const begun = Date.now();
    part.child.kill('SIGTERM');
    expect(await part.exited).toBe(1);
    expect(Date.now() - begun).toBeGreaterThanOrEqual(4_400);
    expect(await part.event('stop_too_slow')).toMatchObject({ limit_ms: 4_500 });
  });
  const defects: [string, string][] = [
    ['cannot start', 'Kafka is away'],
    ['throws', 'a defect'],
    ['rejects', 'a defect'],
    ['fails', 'the group is lost'],
  ];
  test.each(defects)('that %s ends with 1 and logs the cause', async (does, cause) => {
    const part = start(does);
    expect(await part.exited).toBe(1);
    expect(JSON.stringify(await part.event('failed'))).toContain(cause);
  });
  test('with a wrong environment ends with 2 and names the variable', async () => {
    const part = start('its work', { SENTINEL_PARTITIONS: 'many' });
    expect(await part.exited).toBe(2);
    expect((await part.event('bad_environment')).msg).toContain('SENTINEL_PARTITIONS');
  });
  test('logs no credentials', async () => {
    const part = start('its work');
    await part.event('ready');
    part.child.kill('SIGTERM');
    await part.exited;
    expect(JSON.stringify(part.lines)).not.toContain('secret');
    expect(JSON.stringify(part.lines)).toContain('[redacted]');
  });
});

describe('health of a part', () => {
  async function ask(does: string): Promise<Record<string, [number, string]>> {
    const part = start(does, { SENTINEL_METRICS_PORT: '0' });
    const { metrics_port: port } = await part.event('ready');
    const answers: Record<string, [number, string]> = {};
    for (const path of ['/healthz', '/readyz', '/metrics', '/else']) {
      const response = await fetch(`http://127.0.0.1:${String(port)}${path}`);
      answers[path] = [response.status, await response.text()];
    }
    part.child.kill('SIGTERM');
    expect(await part.exited).toBe(0);
    return answers;
  }
  test('is served on loopback while it runs', async () => {
    const answers = await ask('its work');
    expect(answers['/healthz']).toEqual([200, '{"status":"ok"}']);
    expect(answers['/readyz']).toEqual([200, '{"ready":true}']);
    expect(answers['/metrics']?.[1]).toContain(
      'sentinel_case_holds_total{code="QUOTE_OLD",part="worker"} 3',
    );
    expect(answers['/else']?.[0]).toBe(404);
  });
  test('says why it is not ready', async () => {
    const answers = await ask('is not ready');
    expect(answers['/healthz']?.[0]).toBe(200);
    expect(answers['/readyz']).toEqual([503, '{"ready":false,"reason":"restoring"}']);
  });
});
