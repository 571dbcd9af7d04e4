import { randomUUID } from 'node:crypto';
import { COMMAND_UPDATE, HOLD_SIGNAL } from '#contracts/case-messages.ts';
import type { CommandReply } from '#contracts/case-messages.ts';
import { auditSchema } from '#contracts/case-events.ts';
import type { CommandMessage, UnprovedCommand } from '#contracts/command-envelope.ts';
import type { Role } from '#contracts/roles.ts';
import type { Policy } from '#domain/policy.ts';
import { createCommandSigner } from '#platform/identity/command-envelope.ts';
import type { CaseWorld } from '#test/case-world.ts';
import { commandContent, unprovedCommand } from '#test/command-fixture.ts';
import { WALK_POLICY } from '#test/ladder-walk.ts';
import { CaseServer, seen, until } from '#test/temporal.ts';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { generateKeyPair } from 'jose';

let server: CaseServer;

beforeAll(async () => {
  server = await CaseServer.start();
});

afterAll(async () => {
  await server.stop();
});

const HEALTHY = 500;
const DEFICIENT = 390;
const MINUTE_MS = 60_000;

/** The demo's policy; a call is due in ten minutes, so that only people move the case. */
const POLICY: Policy = {
  ...WALK_POLICY,
  dueAfterMs: 10 * MINUTE_MS,
  graceMs: 300,
  pendingFundsMaxMs: 24 * 60 * MINUTE_MS,
  extendMaxMs: 60 * MINUTE_MS,
};
/** For a command that has to come before the due instant, which the test then waits for. */
const SOON_DUE: Policy = { ...POLICY, dueAfterMs: 10_000 };
/** At once past due, and liquidation waits for people: for two above $1. */
const TWO_PERSONS: Policy = {
  ...POLICY,
  dueAfterMs: 100,
  liquidationRelease: 'ONE_PERSON',
  twoPersonNotionalE4: 10_000,
};

/** At once past due and liquidated; a case that is held looks again soon. */
const AT_ONCE: Policy = { ...POLICY, dueAfterMs: 100, staleRetryMs: 200 };

/** A case that runs, and people who talk to it. */
interface Desk {
  readonly world: CaseWorld;
  /** Says `type` in a sealed envelope; answers what the case did, or the code of its refusal. */
  readonly say: (type: UnprovedCommand['type'], how?: How) => Promise<string>;
  readonly sealed: (type: UnprovedCommand['type'], how?: How) => Promise<CommandMessage>;
  /** Sends a message as it is, genuine or not. */
  readonly send: (message: unknown, updateId?: string) => Promise<CommandReply>;
}

interface How {
  readonly by?: string;
  readonly role?: Role;
  readonly changes?: Partial<UnprovedCommand>;
  readonly updateId?: string;
}

function deskOf(world: CaseWorld): Desk {
  const handle = server.temporal.client.workflow.getHandle(world.caseId);
  const send: Desk['send'] = (message, updateId = randomUUID()) =>
    handle.executeUpdate<CommandReply, [unknown]>(COMMAND_UPDATE, { args: [message], updateId });
  const sealed: Desk['sealed'] = (type, { by = 'ann', role = 'approver', changes } = {}) =>
    server.signer.seal(commandContent(unprovedCommand(type, changes), world.accountId), by, role);
  return {
    world,
    sealed,
    send,
    say: async (type, how = {}) => {
      const message = await sealed(type, how);
      return outcome(send(message, how.updateId ?? message.command.commandId));
    },
  };
}

async function outcome(reply: Promise<CommandReply>): Promise<string> {
  try {
    return (await reply).outcome;
  } catch (error) {
    if (!(error instanceof WorkflowUpdateFailedError)) throw error;
    if (!(error.cause instanceof ApplicationFailure)) throw error;
    const [refusal] = error.cause.details ?? [];
    expect(refusal).toEqual({
      code: error.cause.type,
      observed: expect.any(String),
      limit: expect.any(String),
    });
    return String(error.cause.type);
  }
}

/** Runs a story on a fresh account with a worker. */
async function story(policy: Policy, run: (desk: Desk) => Promise<void>): Promise<void> {
  const world = server.world(policy);
  try {
    await server.withWorker(world, () => run(deskOf(world)));
  } finally {
    const handle = server.temporal.client.workflow.getHandle(world.caseId);
    await handle.terminate('the test is over').catch(() => undefined);
  }
}

const called = (world: CaseWorld) => (): boolean =>
  world.actions('margin.calls.v1').includes('MARGIN_CALL');
const audited = (world: CaseWorld, type: string): Record<string, unknown>[] =>
  world.written
    .filter(({ topic, record }) => topic === 'audit.v1' && record.event_type === type)
    .map(({ record }) => auditSchema.parse(record).details);
const codes = (world: CaseWorld): unknown[] =>
  audited(world, 'COMMAND_REFUSED').map(({ code }) => code);

async function openCall({ world }: Desk): Promise<void> {
  await world.price(DEFICIENT);
  await until('the call is out', called(world));
}

/** Waits until an open call is due, and a while longer: a case that is not held goes on meanwhile. */
async function untilDue({ world }: Desk): Promise<void> {
  const due = world.when('MARGIN_CALL') + SOON_DUE.dueAfterMs + 1_000;
  await until('the call is due', () => Date.now() > due);
}

async function awaitRelease({ world }: Desk): Promise<void> {
  await world.price(DEFICIENT);
  await until('it waits for release', () => audited(world, 'AWAITING_RELEASE').length > 0);
}

describe('a case that the firm stops', () => {
  test('waits for two persons while the liquidation brake is on, and says why', async () => {
    await story(AT_ONCE, async (desk) => {
      desk.world.brake = 'BRAKED';
      await awaitRelease(desk);
      const [asked] = audited(desk.world, 'AWAITING_RELEASE');
      expect(asked).toMatchObject({
        persons: 2,
        reason: 'LIQUIDATION_BRAKE',
        case: { awaiting_release: true, braked: true },
      });
      const alerts = desk.world.written.filter(({ topic }) => topic === 'alerts.v1');
      expect(alerts.map(({ record }) => record.what)).toEqual([
        expect.stringContaining('by 2 of us: the liquidation brake is on'),
      ]);
      await desk.send(await desk.sealed('RELEASE', { by: 'ann' }));
      expect(desk.world.actions('liquidations.v1')).toEqual([]);
      await desk.send(await desk.sealed('RELEASE', { by: 'bob' }));
      await until('it liquidates', () => desk.world.actions('liquidations.v1').length > 0);
    });
  }, 60_000);

  test('goes on by itself when the brake has been released', async () => {
    await story(AT_ONCE, async (desk) => {
      desk.world.brake = 'BRAKED';
      await awaitRelease(desk);
      desk.world.brake = 'GRANTED';
      await until('it liquidates', () => desk.world.actions('liquidations.v1').length > 0);
    });
  }, 60_000);

  test('holds without calling a person, and goes on when the firm resumes', async () => {
    await story(AT_ONCE, async ({ world }) => {
      const reason = 'the price vendor sends nonsense';
      world.held = [{ scope: 'GLOBAL', by: 'ann', since: 1, reason, resumeAskedBy: null }];
      await world.price(DEFICIENT);
      await until('it is held', () => audited(world, 'HELD').length > 0);
      expect(audited(world, 'HELD')[0]).toMatchObject({
        reason: { code: 'ENFORCEMENT_HELD', what: 'GLOBAL', observed: `held by ann: ${reason}` },
      });
      expect(world.actions('alerts.v1')).toEqual([]);
      world.held = [];
      await until('the call is out', called(world));
    });
  }, 60_000);
});

describe('a command of a person', () => {
  test('funds on their way hold escalation, and are written down with who said so', async () => {
    await story(SOON_DUE, async (desk) => {
      await openCall(desk);
      const message = await desk.sealed('PENDING_FUNDS', { role: 'operator' });
      const reply = await desk.send(message);
      expect(reply).toMatchObject({
        commandId: message.command.commandId,
        outcome: 'DONE',
        case: { rung: 'MARGIN_CALL', episode: 1, fundsExpireAt: expect.any(Number) },
      });
      await until('it is audited', () => audited(desk.world, 'PENDING_FUNDS').length > 0);
      await untilDue(desk);
      expect(desk.world.actions('margin.calls.v1')).not.toContain('PAST_DUE');
    });
  });

  test('an extension moves the due instant', async () => {
    await story(POLICY, async (desk) => {
      await openCall(desk);
      const dueAt = desk.world.when('MARGIN_CALL') + 11 * MINUTE_MS;
      const reply = await desk.send(await desk.sealed('EXTEND', { changes: { dueAt } }));
      expect(reply).toMatchObject({ outcome: 'DONE', case: { dueAt } });
    });
  });

  test('a release by two different persons lets the liquidation go; one twice does not', async () => {
    await story(TWO_PERSONS, async (desk) => {
      await awaitRelease(desk);
      expect(await desk.say('RELEASE', { by: 'ann' })).toBe('AWAITING_SECOND_PERSON');
      expect(await desk.say('RELEASE', { by: 'ann' })).toBe('SAME_PERSON');
      expect(desk.world.actions('liquidations.v1')).toEqual([]);
      expect(await desk.say('RELEASE', { by: 'bob' })).toBe('DONE');
      await until('it liquidates', () => desk.world.actions('liquidations.v1').length > 0);
      expect(codes(desk.world)).toEqual(['SAME_PERSON']);
    });
  });

  test('a hold stops escalation at once; two different persons end it', async () => {
    await story(SOON_DUE, async (desk) => {
      await openCall(desk);
      expect(await desk.say('HOLD', { role: 'operator' })).toBe('DONE');
      await untilDue(desk);
      expect(desk.world.actions('margin.calls.v1')).not.toContain('PAST_DUE');
      expect(await desk.say('RESUME', { by: 'ann' })).toBe('AWAITING_SECOND_PERSON');
      expect(await desk.say('RESUME', { by: 'ann' })).toBe('SAME_PERSON');
      expect(await desk.say('RESUME', { by: 'bob' })).toBe('DONE');
      await until('it is past due', () =>
        desk.world.actions('margin.calls.v1').includes('PAST_DUE'),
      );
    });
  });

  const refusals: [string, UnprovedCommand['type'], Partial<UnprovedCommand>, string][] = [
    ['for another episode', 'EXTEND', { episode: 2 }, 'WRONG_EPISODE'],
    ['that pays too little', 'PENDING_FUNDS', { amountE4: 1 }, 'AMOUNT_BELOW_OUTSTANDING'],
    ['of funds in the past', 'PENDING_FUNDS', { fundsExpireAt: 1 }, 'FUNDS_EXPIRE_IN_THE_PAST'],
    [
      'of funds next year',
      'PENDING_FUNDS',
      { fundsExpireAt: Date.now() + 365 * 24 * 60 * MINUTE_MS },
      'FUNDS_EXPIRE_TOO_LATE',
    ],
    ['that shortens', 'EXTEND', { dueAt: Date.now() }, 'DUE_NOT_LATER'],
    ['that releases nothing', 'RELEASE', {}, 'NOT_AWAITING_RELEASE'],
    ['that ends no hold', 'RESUME', {}, 'NOT_HELD'],
  ];
  test('is refused with its code, what was seen and the limit, and changes nothing', async () => {
    await story(POLICY, async (desk) => {
      await openCall(desk);
      for (const [what, type, changes, code] of refusals) {
        expect([what, await desk.say(type, { changes })]).toEqual([what, code]);
      }
      const reply = await desk.send(await desk.sealed('HOLD'));
      expect(reply.case).toMatchObject({ rung: 'MARGIN_CALL', fundsExpireAt: null });
      // The wrong episode was refused at the door, without a trace in the case's history.
      expect(codes(desk.world)).toEqual(refusals.slice(1).map(([, , , code]) => code));
    });
  });
});

describe('a repeated command', () => {
  test('gets its first answer and changes nothing, in the same run', async () => {
    await story(POLICY, async (desk) => {
      await openCall(desk);
      const funds = await desk.sealed('PENDING_FUNDS');
      const { commandId } = funds.command;
      const first = await desk.send(funds, commandId);
      expect(await desk.send(funds, commandId)).toEqual(first);
      expect(await desk.send(funds, 'another-update-id')).toMatchObject({ outcome: 'DONE' });
      const [dueAt, refused] = [Date.now(), { commandId: randomUUID() }];
      for (let time = 0; time < 2; time += 1) {
        expect(
          await desk.say('EXTEND', { changes: { ...refused, dueAt }, updateId: randomUUID() }),
        ).toBe('DUE_NOT_LATER');
      }
      expect(codes(desk.world)).toEqual(['DUE_NOT_LATER']);
      expect(audited(desk.world, 'PENDING_FUNDS')).toHaveLength(1);
    });
  });

  test('gets its first answer after the case has continued as new, too', async () => {
    await story(POLICY, async (desk) => {
      const handle = server.temporal.client.workflow.getHandle(desk.world.caseId);
      await openCall(desk);
      const funds = await desk.sealed('PENDING_FUNDS');
      await desk.send(funds, funds.command.commandId);
      const { runId } = await handle.describe();
      await desk.world.deposit(60_000);
      await seen(
        'another run',
        () => handle.describe(),
        (description) => description.runId !== runId,
      );
      const again = await desk.send(funds, funds.command.commandId);
      expect(again).toMatchObject({ outcome: 'DONE', case: { rung: 'ACTIVE' } });
      expect(audited(desk.world, 'PENDING_FUNDS')).toHaveLength(1);
    });
  });
});

describe('a command that nobody with the right to it has given', () => {
  const forgeries: [string, string, (desk: Desk) => Promise<unknown>][] = [
    [
      'signed by a stranger',
      'BAD_SIGNATURE',
      async ({ world }) => {
        const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519' });
        const content = commandContent(unprovedCommand('HOLD'), world.accountId);
        return createCommandSigner(privateKey).seal(content, 'ann', 'approver');
      },
    ],
    [
      'changed on its way',
      'CONTENT_NOT_SIGNED',
      async ({ sealed }) => {
        const message = await sealed('EXTEND');
        const dueAt = Date.now() + 60 * 24 * MINUTE_MS;
        return { ...message, command: { ...message.command, dueAt } };
      },
    ],
    [
      'with a longer life',
      'CONTENT_NOT_SIGNED',
      async ({ sealed }) => {
        const message = await sealed('HOLD');
        return { ...message, expiresAt: message.expiresAt + MINUTE_MS };
      },
    ],
    [
      'that names an actor of its own',
      'CONTENT_NOT_SIGNED',
      async ({ sealed }) => {
        const message = await sealed('HOLD');
        return { ...message, command: { ...message.command, by: 'bob' } };
      },
    ],
    [
      'by somebody without the role',
      'ROLE_NOT_ENOUGH',
      ({ sealed }) => sealed('EXTEND', { role: 'operator' }),
    ],
  ];
  const atTheDoor: [string, string, (desk: Desk) => Promise<unknown>][] = [
    [
      'whose time is over',
      'COMMAND_EXPIRED',
      ({ sealed }) => sealed('HOLD', { changes: { at: Date.now() - 5 * MINUTE_MS } }),
    ],
    [
      'to another account',
      'MALFORMED_COMMAND',
      () => server.signer.seal(commandContent(unprovedCommand('HOLD'), 'ACC_X'), 'ann', 'approver'),
    ],
    ['that is nothing', 'MALFORMED_COMMAND', () => Promise.resolve(undefined)],
    ['that is a word', 'MALFORMED_COMMAND', () => Promise.resolve('HOLD')],
    [
      'without an envelope',
      'MALFORMED_COMMAND',
      async ({ sealed }) => ({ ...(await sealed('HOLD')), envelope: '' }),
    ],
    [
      'with an endless reason',
      'MALFORMED_COMMAND',
      ({ sealed }) => sealed('HOLD', { changes: { reason: 'x'.repeat(501) } }),
    ],
    [
      'of half a cent/100',
      'MALFORMED_COMMAND',
      ({ sealed }) => sealed('PENDING_FUNDS', { changes: { amountE4: 0.5 } }),
    ],
  ];

  test('changes nothing, and is written down or logged', async () => {
    await story(POLICY, async (desk) => {
      await openCall(desk);
      for (const [what, code, forge] of [...forgeries, ...atTheDoor]) {
        const answer = await outcome(desk.send(await forge(desk)));
        expect([what, answer]).toEqual([what, code]);
      }
      expect(codes(desk.world)).toEqual(forgeries.map(([, code]) => code));
      for (const details of audited(desk.world, 'COMMAND_REFUSED')) {
        expect(details.by).toBeNull();
        expect(JSON.stringify(details)).not.toContain('eyJ');
      }
      const reply = await desk.send(await desk.sealed('HOLD'));
      expect(reply).toMatchObject({ outcome: 'DONE', case: { rung: 'MARGIN_CALL' } });
    });
  });
});

describe('what comes while the case reads the figures to liquidate', () => {
  test('a hold stops the liquidation', async () => {
    await story(AT_ONCE, async ({ world }) => {
      const handle = server.temporal.client.workflow.getHandle(world.caseId);
      world.whileReading = async () => {
        if (!world.actions('restrictions.v1').includes('CLOSE_ONLY')) return;
        world.whileReading = () => Promise.resolve();
        await handle.signal(HOLD_SIGNAL, { by: 'ann', reason: 'a wire is on its way' });
      };
      await world.price(DEFICIENT);
      await until('it holds', () => audited(world, 'ENFORCEMENT_HELD').length > 0);
      await until('it has decided on what it read', () => world.readings >= 3);
      expect(world.actions('liquidations.v1')).toEqual([]);
    });
  });

  test('a deposit that cures the call does', async () => {
    await story(AT_ONCE, async ({ world }) => {
      world.whileReading = async () => {
        if (!world.actions('restrictions.v1').includes('CLOSE_ONLY')) return;
        world.whileReading = () => Promise.resolve();
        await world.deposit(60_000);
      };
      await world.price(DEFICIENT);
      await until('it is lifted', () => world.actions('restrictions.v1').includes('LIFTED'));
      expect(world.actions('liquidations.v1')).toEqual([]);
    });
  });
});

describe('a hold typed by hand in the Temporal Web UI', () => {
  test('holds, says that its name is only typed, and never looks for a signature', async () => {
    await story(POLICY, async (desk) => {
      const handle = server.temporal.client.workflow.getHandle(desk.world.caseId);
      await openCall(desk);
      await handle.signal(HOLD_SIGNAL, 'the feed is wrong');
      await until('it holds', () => audited(desk.world, 'ENFORCEMENT_HELD').length > 0);
      await handle.signal(HOLD_SIGNAL, { by: 'ann', reason: 7 });
      await until('the second is refused', () => codes(desk.world).length > 0);
      expect(codes(desk.world)).toEqual(['ALREADY_HELD']);
      const { case: held } = await desk.send(await desk.sealed('RESUME'));
      expect(held.enforcementHold).toMatchObject({
        by: 'somebody (Temporal Web UI)',
        reason: 'the feed is wrong',
      });
    });
  });
});

describe('a command while the case cannot answer', () => {
  test('waits for its turn while the case acts', async () => {
    await story(POLICY, async (desk) => {
      await desk.world.price(HEALTHY);
      desk.world.logIsUp = false;
      await desk.world.price(DEFICIENT);
      await until('the case acts', () => desk.world.failedWrites > 0);
      const answers = [desk.say('HOLD', { by: 'ann' }), desk.say('HOLD', { by: 'bob' })];
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(desk.world.written).toEqual([]);
      desk.world.logIsUp = true;
      expect((await Promise.all(answers)).sort()).toEqual(['ALREADY_HELD', 'DONE']);
    });
  });

  test('is carried out when a worker is back in time, and not after its instant', async () => {
    const world = server.world(POLICY);
    const desk = deskOf(world);
    await server.withWorker(world, () => openCall(desk));
    const inTime = desk.say('HOLD');
    const late = { at: Date.now() - 29_000 };
    const tooLate = desk.say('RESUME', { changes: late });
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await server.withWorker(world, async () => {
      expect(await inTime).toBe('DONE');
      expect(await tooLate).toBe('COMMAND_EXPIRED');
    });
    await server.temporal.client.workflow.getHandle(world.caseId).terminate();
  });
});
