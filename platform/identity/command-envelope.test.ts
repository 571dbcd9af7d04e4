import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CompactSign, generateKeyPair, SignJWT } from 'jose';
import type { CryptoKey } from 'jose';
import { canonicalText, COMMAND_ROLES } from '#contracts/command-envelope.ts';
import type { CommandMessage } from '#contracts/command-envelope.ts';
import { hasRole, ROLES } from '#contracts/roles.ts';
import { commandContent, unprovedCommand } from '#test/command-fixture.ts';
import { createCommandSigner, createCommandVerifier } from './command-envelope.ts';
import { mintToken } from './mint-token.ts';

let keys: { publicKey: CryptoKey; privateKey: CryptoKey };
let stranger: CryptoKey;

beforeAll(async () => {
  keys = await generateKeyPair('EdDSA', { crv: 'Ed25519' });
  ({ privateKey: stranger } = await generateKeyPair('EdDSA', { crv: 'Ed25519' }));
});

const seal = (content = commandContent(), key = keys.privateKey): Promise<CommandMessage> =>
  createCommandSigner(key).seal(content, 'ann', 'approver');
const check = (message: CommandMessage, now = message.command.at) =>
  createCommandVerifier(keys.publicKey).check(message, now);
const refusal = (code: string) => ({ ok: false, refusal: { code } });

describe('an envelope of the API', () => {
  test('tells who gives the command, and nothing else does', async () => {
    const message = await seal();
    expect(await check(message)).toEqual({ ok: true, by: 'ann', role: 'approver' });
    expect(JSON.stringify(message)).not.toContain('ann');
  });

  test('is good until its instant, not at it', async () => {
    const message = await seal();
    expect(await check(message, message.expiresAt - 1)).toMatchObject({ ok: true });
    expect(await check(message, message.expiresAt)).toMatchObject(refusal('COMMAND_EXPIRED'));
  });

  test('binds every field of its command: any other content is refused', async () => {
    const funds = unprovedCommand('PENDING_FUNDS');
    const message = await seal(commandContent(funds));
    for (const name of Object.keys(funds)) {
      const command = { ...message.command, [name]: 'another' };
      expect(await check({ ...message, command })).toMatchObject(refusal('CONTENT_NOT_SIGNED'));
    }
    const added = { ...message, command: { ...message.command, by: 'bob' } };
    expect(await check(added)).toMatchObject(refusal('CONTENT_NOT_SIGNED'));
  });

  test.each([
    ['another account', { accountId: 'ACC_2' }],
    ['a longer life', { expiresAt: Date.now() + 86_400_000 }],
  ])('is worth nothing for %s', async (_what, change) => {
    const message = await seal();
    expect(await check({ ...message, ...change })).toMatchObject(refusal('CONTENT_NOT_SIGNED'));
  });

  test('is worth nothing for another command', async () => {
    const [mine, other] = [await seal(), await seal()];
    const swapped = { ...other, envelope: mine.envelope };
    expect(await check(swapped)).toMatchObject(refusal('CONTENT_NOT_SIGNED'));
  });
});

describe('an envelope that is not the API’s', () => {
  test('signed by another key is refused', async () => {
    expect(await check(await seal(undefined, stranger))).toMatchObject(refusal('BAD_SIGNATURE'));
  });

  test('that is cut, empty or not signed at all is refused', async () => {
    const { envelope, ...content } = await seal();
    const [, payload = ''] = envelope.split('.');
    const none = Buffer.from('{"alg":"none","typ":"sentinel-command"}').toString('base64url');
    for (const forged of ['', 'a.b.c', envelope.slice(0, -4), `${none}.${payload}.`]) {
      expect(await check({ ...content, envelope: forged })).toMatchObject(refusal('BAD_SIGNATURE'));
    }
  });

  test('that is a bearer token, though signed by the very key, is refused', async () => {
    const content = commandContent();
    const principal = { subject: 'ann', roles: ['approver'] } as const;
    const token = await mintToken(principal, keys.privateKey, Date.now(), 60_000);
    const claims = { sub: 'ann', role: 'approver' };
    const jwt = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'EdDSA' })
      .sign(keys.privateKey);
    for (const envelope of [token, jwt]) {
      expect(await check({ ...content, envelope })).toMatchObject(refusal('BAD_SIGNATURE'));
    }
  });

  test('that holds no claims is refused', async () => {
    const envelope = await new CompactSign(new TextEncoder().encode('no json'))
      .setProtectedHeader({ alg: 'EdDSA', typ: 'sentinel-command' })
      .sign(keys.privateKey);
    expect(await check({ ...commandContent(), envelope })).toMatchObject(refusal('BAD_SIGNATURE'));
  });
});

describe('the role in the envelope', () => {
  const types = ['PENDING_FUNDS', 'EXTEND', 'RELEASE', 'HOLD', 'RESUME'] as const;
  const cases = types.flatMap((type) => ROLES.map((role) => ({ type, role })));
  test.each(cases)('$role for $type', async ({ type, role }) => {
    const content = commandContent(unprovedCommand(type));
    const message = await createCommandSigner(keys.privateKey).seal(content, 'ann', role);
    const allowed = hasRole([role], COMMAND_ROLES[type]);
    expect(await check(message)).toMatchObject(
      allowed ? { ok: true, role } : refusal('ROLE_NOT_ENOUGH'),
    );
  });
});

describe('the canonical text', () => {
  test('does not depend on the order of the fields', () => {
    const content = commandContent(unprovedCommand('EXTEND'));
    const reversed = Object.fromEntries(Object.entries(content.command).reverse());
    expect(canonicalText({ ...content, command: { ...content.command, ...reversed } })).toBe(
      canonicalText(content),
    );
  });

  test('differs when a word moves from one field to its neighbour', () => {
    const words = fc.tuple(fc.string(), fc.string());
    fc.assert(
      fc.property(words, words, ([a, b], [c, d]) => {
        const of = (evidence: string, commandId: string): string =>
          canonicalText({
            ...commandContent(),
            expiresAt: 1,
            command: { ...FUNDS, evidence, commandId },
          });
        expect(of(a, b) === of(c, d)).toBe(a === c && b === d);
      }),
    );
  });
});

const FUNDS = {
  type: 'PENDING_FUNDS',
  at: 0,
  episode: 1,
  amountE4: 1,
  fundsExpireAt: 2,
} as const;
