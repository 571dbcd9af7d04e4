import { beforeAll, describe, expect, test } from '@jest/globals';
import { generateKeyPair } from 'jose';
import type { CryptoKey } from 'jose';
import type { ControlCommandContent, UnprovedControlCommand } from '#contracts/control-envelope.ts';
import { hasRole, ROLES } from '#contracts/roles.ts';
import { commandContent } from '#test/command-fixture.ts';
import { createCommandSigner } from './command-envelope.ts';
import { createControlSigner, createControlVerifier } from './control-envelope.ts';

let keys: { publicKey: CryptoKey; privateKey: CryptoKey };
let stranger: CryptoKey;

beforeAll(async () => {
  keys = await generateKeyPair('EdDSA', { crv: 'Ed25519' });
  ({ privateKey: stranger } = await generateKeyPair('EdDSA', { crv: 'Ed25519' }));
});

const NOW = 1_710_000_000_000;
const LIFT = {
  type: 'LIFT',
  commandId: 'c-1',
  holder: 'operator',
  to: { kind: 'THROTTLE', maxRatePerSecond: 5 },
  epoch: 7,
  reason: 'fixed',
} as const;
const APPROVE = {
  type: 'APPROVE',
  commandId: 'c-2',
  requestId: 'c-1',
  epoch: 7,
  reason: 'fixed',
} as const;
const content = (command: UnprovedControlCommand = LIFT): ControlCommandContent => ({
  scope: 'SYMBOL:NVDA',
  command,
  corrId: 'k',
  expiresAt: NOW + 1_000,
});
const seal = (of = content(), key = keys.privateKey) =>
  createControlSigner(key).seal(of, 'ann', 'approver');
const check = (message: Awaited<ReturnType<typeof seal>>, now = NOW) =>
  createControlVerifier(keys.publicKey).check(message, now);
const refusal = (code: string) => ({ ok: false, refusal: { code } });

describe('an envelope for a scope', () => {
  test('tells who asks, and nothing else does', async () => {
    const message = await seal();
    expect(await check(message)).toEqual({ ok: true, by: 'ann', role: 'approver' });
    expect(JSON.stringify(message)).not.toContain('ann');
  });

  test('is good until its instant, not at it', async () => {
    expect(await check(await seal(), NOW + 999)).toMatchObject({ ok: true });
    expect(await check(await seal(), NOW + 1_000)).toMatchObject(refusal('COMMAND_EXPIRED'));
  });

  const changed: [string, Partial<ControlCommandContent>][] = [
    ['another scope', { scope: 'GLOBAL' }],
    ['another id of the request', { corrId: 'other' }],
    ['a longer life', { expiresAt: NOW + 9_999 }],
    ['another id', { command: { ...LIFT, commandId: 'c-9' } }],
    ['another holder', { command: { ...LIFT, holder: 'order-monitor' } }],
    ['a looser mode', { command: { ...LIFT, to: null } }],
    ['a higher rate', { command: { ...LIFT, to: { kind: 'THROTTLE', maxRatePerSecond: 50 } } }],
    ['another epoch', { command: { ...LIFT, epoch: 8 } }],
    ['another reason', { command: { ...LIFT, reason: 'because' } }],
    ['another command', { command: { ...APPROVE, commandId: 'c-1' } }],
  ];
  test.each(changed)('is worth nothing for %s', async (_what, change) => {
    const message = { ...(await seal()), ...change };
    expect(await check(message)).toMatchObject(refusal('CONTENT_NOT_SIGNED'));
  });

  test('binds which request is approved', async () => {
    const message = await seal(content(APPROVE));
    const command = { ...APPROVE, requestId: 'c-9' };
    expect(await check({ ...message, command })).toMatchObject(refusal('CONTENT_NOT_SIGNED'));
  });

  test('of a stranger, or of a case, is none', async () => {
    expect(await check(await seal(content(), stranger))).toMatchObject(refusal('BAD_SIGNATURE'));
    const ofCase = await createCommandSigner(keys.privateKey).seal(
      commandContent(),
      'ann',
      'approver',
    );
    const message = { ...content(), envelope: ofCase.envelope };
    expect(await check(message)).toMatchObject(refusal('BAD_SIGNATURE'));
  });

  test.each(ROLES)('of a %s is good for what that role may', async (role) => {
    for (const [command, needed] of [
      [LIFT, 'operator'],
      [APPROVE, 'approver'],
    ] as const) {
      const message = await createControlSigner(keys.privateKey).seal(
        content(command),
        'ann',
        role,
      );
      const { ok } = await check(message);
      expect(ok).toBe(hasRole([role], needed));
    }
  });
});
