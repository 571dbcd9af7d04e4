import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { killedSchema } from '#contracts/control-rest.ts';
import { openApi } from '#test/api-fixture.ts';
import type { ApiFixture } from '#test/api-fixture.ts';
import { openCli } from '#test/cli-on-api.ts';
import type { CliOnApi } from '#test/cli-on-api.ts';
import type { CliRun } from '#test/cli-fixture.ts';
import { controlState, liftRequest, stateRecords } from '#test/control-state-fixture.ts';
import { leaseRecord } from '#test/lease-fixture.ts';

/** `sentinel kill | throttle | unkill | approve | killswitch` against a running API. */

jest.setTimeout(120_000);

const ALL = [1_000, 1_000, 1_000, 1_000];

let api: ApiFixture;
let cli: CliOnApi;

beforeAll(async () => {
  api = await openApi('cli-controls');
  await api.readControls();
  cli = await openCli(api);
}, 120_000);
afterAll(async () => {
  await api.close();
  await cli.close();
});

const run = (...words: string[]): Promise<CliRun> => cli.run(words);

describe('sentinel kill', () => {
  test('with no gate says that it is recorded', async () => {
    const { exitCode, out } = await run('kill', 'SYMBOL:K1', '--reason', 'bad prints');
    expect(out).toMatch(
      /^Killed by \S+: SYMBOL:K1 at epoch \d+, recorded, applied before any gate/,
    );
    expect(exitCode).toBe(0);
  });
  test('tells on how many leases it is effective, and in how long', async () => {
    await api.kafka.publish([leaseRecord('g1', ALL, { lease_ms: 60_000 })]);
    const { out } = await run('throttle', 'GLOBAL', '--rate', '5', '--reason', 'slowly');
    expect(out).toMatch(
      /^Throttled to at most 5 a second by \S+: GLOBAL .* effective on 1 of 1 leases \(\d+ ms\)\.\n$/,
    );
    const higher = await run('throttle', 'GLOBAL', '--rate', '16', '--reason', 'faster');
    expect(higher.out).toMatch(/^Recorded by .*\n.*stays \(operator: at most 5 a second, epoch/);
    const json = await run('kill', 'GLOBAL', '--reduce-only', '--reason', 'x', '--json');
    expect(killedSchema.parse(JSON.parse(json.out))).toMatchObject({ effect: 'EFFECTIVE' });
  });
  test('refuses a scope that is none before it asks anybody', async () => {
    const { exitCode, err } = await run('kill', 'nvda', '--reason', 'x');
    expect(exitCode).toBe(2);
    expect(err).toContain('GLOBAL, ACCOUNT:x, SYMBOL:x or STRATEGY:x');
  });
});

describe('sentinel killswitch, unkill and approve', () => {
  test('tell what is stopped because it cannot be read, and how to go on', async () => {
    const control = { topic: 'killswitch.state.v1', partition: 1, offset: 7, since: 5 };
    const unreadable = [{ ...control, scope: 'SYMBOL:K4' }];
    await api.kafka.publish([leaseRecord('g2', ALL, { lease_ms: 60_000, unreadable })]);
    const { out } = await run('killswitch', 'SYMBOL:K4');
    expect(out).toContain('UNREADABLE SYMBOL:K4\n  stopped by g2: a control of ');
    expect(out).toContain('then sentinel kill SYMBOL:K4 --reason …, and have that lifted');
    expect(out).not.toContain('No scope is held');
    await api.kafka.publish([leaseRecord('g2', ALL, { state: 'LEFT' })]);
  });
  test('show what stands and what waits, and where to look when it is neither', async () => {
    const killed = controlState('SYMBOL:K2', [{}], { request: liftRequest('R1') });
    await api.kafka.publish(stateRecords(killed, controlState('SYMBOL:K3', [])));
    const shown = await run('killswitch');
    expect(shown.out).toContain('KILLED     SYMBOL:K2');
    expect(shown.out).toContain('operator: blocks since');
    expect(shown.out).toContain(
      'bob asks to lift operator (blocks) (epoch 3): fixed; sentinel approve R1',
    );
    expect(shown.out).not.toContain('SYMBOL:K3');
    expect((await run('killswitch', 'SYMBOL:K3')).out).toContain('ACTIVE     SYMBOL:K3');
    expect((await run('approve')).out).toContain('SYMBOL:K2 bob asks');
    const nothing = await run('approve', 'R9');
    expect(nothing.exitCode).toBe(1);
    expect(nothing.err).toContain('sentinel killswitch');
    const open = await run('unkill', 'SYMBOL:K3', '--reason', 'x');
    expect(open.exitCode).toBe(1);
    expect(open.err).toContain('sentinel killswitch');
  });
});
