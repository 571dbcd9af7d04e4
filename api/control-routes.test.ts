import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { controlCommandSchema } from '#contracts/control-commands.ts';
import type { ControlStateRecord } from '#contracts/control-states.ts';
import { TOPICS } from '#contracts/topics.ts';
import { openApi } from '#test/api-fixture.ts';
import type { Answer, ApiFixture } from '#test/api-fixture.ts';
import { controlState, liftRequest, stateRecords } from '#test/control-state-fixture.ts';
import { eventually } from '#test/kafka-fixture.ts';
import { leaseRecord } from '#test/lease-fixture.ts';

/** Kills and their proof by REST, on the real Kafka; gates are told by the leases that they would write. */

jest.setTimeout(120_000);

const LONG_MS = 50_000;
/** More than any offset here: everything is applied. */
const ALL = [1_000, 1_000, 1_000, 1_000];
const NONE = [0, 0, 0, 0];
const UNREADABLE = { topic: 'killswitch.state.v1', partition: 1, offset: 7, since: 5 };

let api: ApiFixture;

beforeAll(async () => {
  api = await openApi('api-controls');
  await api.readControls();
}, 60_000);
afterAll(async () => {
  await api.close();
});

const kill = (body: object, subject = 'ann'): Promise<Answer> =>
  api.send('POST', '/kill', { as: ['operator'], subject, body: { reason: 'runaway', ...body } });

/** Every gate of an earlier test has left. */
async function alone(...gates: string[]): Promise<void> {
  await api.kafka.publish(gates.map((gate) => leaseRecord(gate, NONE, { state: 'LEFT' })));
}

const commandsOf = async (scope: string) =>
  (await api.kafka.readAll(TOPICS.controlCommands.name)).flatMap(({ key, value, offset }) =>
    key === scope
      ? [{ offset, ...controlCommandSchema.parse(JSON.parse(String(Buffer.from(value ?? [])))) }]
      : [],
  );

describe('POST /kill', () => {
  test('with no gate live is recorded, and applied before any gate opens', async () => {
    const { status, body } = await kill({ scope: 'SYMBOL:A1' });
    expect(status).toBe(200);
    expect(body).toMatchObject({ effect: 'RECORDED', leases: 0, by: 'ann', action: 'KILL' });
    const [written] = await commandsOf('SYMBOL:A1');
    expect(written).toMatchObject({
      action: 'KILL',
      mode: 'BLOCK',
      triggered_by: 'ann',
      reason: 'runaway',
      offset: body.epoch,
      cmd_id: body.cmd_id,
    });
  });

  test('answers when every gate has applied it, not before', async () => {
    const horizon = { lease_ms: 60_000 };
    await api.kafka.publish([leaseRecord('g1', ALL, horizon), leaseRecord('g2', NONE, horizon)]);
    let answered = false;
    const killing = kill({ scope: 'SYMBOL:A2', mode: 'REDUCE_ONLY' }).finally(() => {
      answered = true;
    });
    await eventually('the command is written', LONG_MS, async () => {
      return (await commandsOf('SYMBOL:A2')).length > 0;
    });
    expect(answered).toBe(false);
    await api.kafka.publish([leaseRecord('g2', ALL, horizon)]);
    const { body } = await killing;
    expect(body).toMatchObject({ effect: 'EFFECTIVE', leases: 2, applied: 2, waiting_for: [] });
    await alone('g1', 'g2');
  });

  test('passes over a paused gate when that can let nothing pass any more', async () => {
    const paused = leaseRecord('g3', NONE, { valid_until_max: Date.now() + 2_000 });
    await api.kafka.publish([leaseRecord('g4', ALL, { lease_ms: 60_000 }), paused]);
    const { body } = await kill({ scope: 'SYMBOL:A3' });
    expect(body).toMatchObject({ effect: 'EFFECTIVE', leases: 2, applied: 1, lapsed: ['g3'] });
    await alone('g3', 'g4');
  });

  test('says that it is not effective yet while one lives that has not applied it', async () => {
    await api.kafka.publish([leaseRecord('g5', NONE, { lease_ms: 600_000 })]);
    const { status, body } = await kill({ scope: 'SYMBOL:A4' });
    expect(status).toBe(200);
    expect(body).toMatchObject({ effect: 'NOT_YET', leases: 1, waiting_for: ['g5'] });
    await alone('g5');
  });

  test('takes the reference’s field operator when it is the caller, and from nobody else', async () => {
    expect((await kill({ scope: 'SYMBOL:A5', operator: 'ann' })).status).toBe(200);
    const other = await kill({ scope: 'SYMBOL:A5', operator: 'bob' });
    expect(other.status).toBe(422);
    expect(other.body.errors).toMatchObject([{ pointer: '#/operator' }]);
  });

  test('never lets a person hold in the name of a machine', async () => {
    await kill({ scope: 'SYMBOL:A6' }, 'order-monitor');
    expect(await commandsOf('SYMBOL:A6')).toMatchObject([{ triggered_by: 'person.order-monitor' }]);
  });

  const refused: [string, object, string][] = [
    ['a scope that is none', { scope: 'DESK:1' }, '#/scope'],
    ['no reason', { scope: 'GLOBAL', reason: '' }, '#/reason'],
    ['an unknown mode', { scope: 'GLOBAL', mode: 'SOFT' }, '#/mode'],
    ['an account’s mode', { scope: 'SYMBOL:A', mode: 'NO_NEW_DEBIT_OR_SHORT' }, '#/mode'],
  ];
  test.each(refused)('refuses %s', async (_what, body, pointer) => {
    const answer = await kill(body);
    expect(answer.status).toBe(422);
    expect(answer.body.errors).toMatchObject([{ pointer }]);
  });
});

test('POST /throttle puts a rate on a scope', async () => {
  const { status, body } = await api.send('POST', '/throttle', {
    as: ['operator'],
    body: { scope: 'STRATEGY:S1', max_rate_per_second: 5, reason: 'too fast' },
  });
  expect(status).toBe(200);
  expect(body).toMatchObject({ action: 'THROTTLE', effect: 'RECORDED' });
  expect(await commandsOf('STRATEGY:S1')).toMatchObject([
    { action: 'THROTTLE', max_rate_per_second: 5 },
  ]);
  expect(body).toMatchObject({ mode: 'THROTTLE', max_rate_per_second: 5, stricter: [] });
  const higher = await api.send('POST', '/throttle', {
    as: ['operator'],
    body: { scope: 'STRATEGY:S1', max_rate_per_second: 16, reason: 'faster' },
  });
  expect(higher.body).toMatchObject({
    max_rate_per_second: 16,
    stricter: [{ name: 'operator', mode: 'THROTTLE', max_rate_per_second: 5 }],
  });
});

test('POST /throttle refuses a rate that the partitions cannot share', async () => {
  const { status, body } = await api.send('POST', '/throttle', {
    as: ['operator'],
    body: { scope: 'STRATEGY:S2', max_rate_per_second: 3, reason: 'too fast' },
  });
  expect(status).toBe(422);
  expect(body).toMatchObject({ code: 'RATE_BELOW_PARTITIONS', observed: '3', limit: '4' });
  expect(await commandsOf('STRATEGY:S2')).toEqual([]);
});

const showStates = (...states: ControlStateRecord[]) => api.kafka.publish(stateRecords(...states));

describe('POST /unkill refuses before it asks anybody', () => {
  const unkill = (body: object): Promise<Answer> =>
    api.send('POST', '/unkill', { as: ['operator'], body: { reason: 'fixed', ...body } });

  test('what nobody holds', async () => {
    const { status, body } = await unkill({ scope: 'SYMBOL:B1' });
    expect(status).toBe(409);
    expect(body.detail).toContain('held by nobody');
  });
  test('what stands at the gates and is not in the state yet, without saying that nobody holds it', async () => {
    const { body: killed } = await kill({ scope: 'SYMBOL:B6' });
    const early = await unkill({ scope: 'SYMBOL:B6' });
    expect(early.status).toBe(503);
    expect(early.body.detail).toContain('has not reached the state yet: try again');
    const shown = await api.send('GET', '/killswitch?scope=SYMBOL:B6', { as: ['viewer'] });
    expect(shown.body.scopes).toMatchObject([{ status: 'KILLED', told: [killed.epoch] }]);
    const covers = { covers_offset: Number(killed.epoch) };
    await showStates(controlState('SYMBOL:B6', [], covers));
    const late = await unkill({ scope: 'SYMBOL:B6' });
    expect(late.status).toBe(409);
    expect(late.body.title).toBe('The control is not in a state for this');
    expect(late.body.detail).toContain('held by nobody');
  });
  test('what is stopped because it cannot be read, and says what to do', async () => {
    const unreadable = [{ ...UNREADABLE, scope: 'SYMBOL:B5' }];
    await api.kafka.publish([leaseRecord('g7', ALL, { lease_ms: 60_000, unreadable })]);
    const { status, body } = await eventually('the lease is heard', LONG_MS, async () => {
      const answer = await unkill({ scope: 'SYMBOL:B5' });
      return String(answer.body.detail).includes('cannot be read') && answer;
    });
    expect(status).toBe(409);
    expect(body.detail).toContain('held by nobody');
    expect(body.detail).toContain('kill SYMBOL:B5, and have that kill lifted');
    await alone('g7');
  });
  test('what only a margin case holds', async () => {
    await showStates(controlState('ACCOUNT:B2', [{ name: 'stress', epoch: null }]));
    const { status, body } = await unkill({ scope: 'ACCOUNT:B2' });
    expect(status).toBe(409);
    expect(body.detail).toContain('held by stress');
  });
  test('without a holder, when there are several', async () => {
    await showStates(controlState('SYMBOL:B3', [{}, { name: 'order-monitor', epoch: 4 }]));
    const { status, body } = await unkill({ scope: 'SYMBOL:B3' });
    expect(status).toBe(409);
    expect(body.detail).toContain('name the holder');
  });
  test('a rate that the partitions cannot share', async () => {
    const loosened = { scope: 'SYMBOL:B3', to: 'THROTTLE', max_rate_per_second: 3 };
    const { status, body } = await unkill(loosened);
    expect(status).toBe(422);
    expect(body).toMatchObject({ code: 'RATE_BELOW_PARTITIONS', limit: '4' });
  });
  test('a rate without its mode', async () => {
    const { status, body } = await unkill({ scope: 'SYMBOL:B3', max_rate_per_second: 5 });
    expect(status).toBe(422);
    expect(body.errors).toMatchObject([{ pointer: '#/max_rate_per_second' }]);
  });
});

describe('GET /killswitch and /approvals', () => {
  test('show what stands, the strictest first, and what waits for a second person', async () => {
    await api.kafka.publish([leaseRecord('g6', ALL, { lease_ms: 60_000 })]);
    await showStates(
      controlState('SYMBOL:C1', [{ mode: { kind: 'THROTTLE', maxRatePerSecond: 5 } }]),
      controlState('SYMBOL:C2', [{}], { request: liftRequest('R1') }),
      controlState('SYMBOL:C3', [{}], { request: liftRequest('R0', Date.now() - 1) }),
      controlState('SYMBOL:C4', []),
    );
    const { body } = await api.send('GET', '/killswitch', { as: ['viewer'] });
    const scopes = JSON.stringify(body.scopes);
    expect(scopes.indexOf('SYMBOL:C2')).toBeLessThan(scopes.indexOf('SYMBOL:C1'));
    expect(scopes).not.toContain('SYMBOL:C4');
    expect(body.leases).toMatchObject([{ process: 'g6', kind: 'GATE' }]);
    const open = await api.send('GET', '/killswitch?scope=SYMBOL:C4', { as: ['viewer'] });
    expect(open.body.scopes).toMatchObject([{ scope: 'SYMBOL:C4', status: 'ACTIVE' }]);
    const approvals = await api.send('GET', '/approvals', { as: ['viewer'] });
    expect(approvals.body.approvals).toMatchObject([{ scope: 'SYMBOL:C2' }]);
    await alone('g6');
  });
  test('show what is stopped because it cannot be read, by whoever stops it', async () => {
    const stops = { lease_ms: 60_000, unreadable: [{ ...UNREADABLE, scope: 'SYMBOL:C5' }] };
    await showStates(controlState('SYMBOL:C5', []));
    await api.kafka.publish([
      leaseRecord('v8', ALL, { ...stops, kind: 'VENUE' }),
      leaseRecord('g8', ALL, stops),
      leaseRecord('g9', ALL, { lease_ms: 60_000 }),
    ]);
    const stopped = [{ ...UNREADABLE, scope: 'SYMBOL:C5', processes: ['g8', 'v8'] }];
    const list = async (query: string): Promise<unknown> =>
      (await api.send('GET', `/killswitch${query}`, { as: ['viewer'] })).body.stopped;
    expect(await list('')).toEqual(stopped);
    expect(await list('?status=KILLED')).toEqual(stopped);
    expect(await list('?scope=SYMBOL:C5')).toEqual(stopped);
    expect(await list('?scope=SYMBOL:C4')).toEqual([]);
    expect(await list('?status=THROTTLED')).toEqual([]);
    await alone('g8', 'v8', 'g9');
    expect(await list('')).toEqual([]);
  });
  test('tell of a scope what stands over it, and of the firm before every limit', async () => {
    const mode = { kind: 'THROTTLE', maxRatePerSecond: 8 } as const;
    await showStates(controlState('SYMBOL:A0', [{}]), controlState('GLOBAL', [{ mode }]));
    const list = async (query: string): Promise<Record<string, unknown>> =>
      (await api.send('GET', `/killswitch${query}`, { as: ['viewer'] })).body;
    expect(await list('?limit=1')).toMatchObject({ scopes: [{ scope: 'GLOBAL' }], over: [] });
    expect(await list('?scope=SYMBOL:NOBODYS')).toMatchObject({
      scopes: [],
      over: [{ scope: 'GLOBAL', status: 'THROTTLED', max_rate_per_second: 8 }],
    });
    expect(await list('?scope=GLOBAL')).toMatchObject({ over: [] });
    await showStates(controlState('GLOBAL', [], { version: 2 }));
    expect(await list('?scope=SYMBOL:NOBODYS')).toMatchObject({ over: [] });
  });
  test('an approval of what nobody asked is not found', async () => {
    const body = { scope: 'SYMBOL:C2', epoch: 3, reason: 'fixed' };
    const answer = await api.send('POST', '/approvals/R9', { as: ['approver'], body });
    expect(answer.status).toBe(404);
  });
  test.each([
    ['nothing', undefined, '#/scope'],
    ['an empty body', {}, '#/scope'],
    ['no epoch', { scope: 'SYMBOL:C2', reason: 'fixed' }, '#/epoch'],
    ['no reason', { scope: 'SYMBOL:C2', epoch: 3 }, '#/reason'],
  ])(
    'an approval that does not say what it approves is refused: %s',
    async (_what, body, pointer) => {
      const answer = await api.send('POST', '/approvals/R1', { as: ['approver'], body });
      expect(answer.status).toBe(422);
      expect(answer.body.errors).toContainEqual(expect.objectContaining({ pointer }));
    },
  );
});
