import { question, NOTHING_ADOPTED } from '#test/firm-stories.ts';
import { FIRM_WORKFLOW_FILE, playFirm } from '#test/firm-world.ts';
import type { FirmWorld } from '#test/firm-world.ts';
import { startWorkflowServer } from '#test/temporal.ts';
import type { WorkflowServer } from '#test/temporal.ts';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';

let server: WorkflowServer;

beforeAll(async () => {
  server = await startWorkflowServer(FIRM_WORKFLOW_FILE);
});
afterAll(async () => {
  await server.temporal.teardown();
});

async function play(story: (world: FirmWorld) => Promise<void>): Promise<void> {
  const handle = await playFirm(server, NOTHING_ADOPTED, story);
  await handle.terminate('the test is over');
}

/** The code of a refusal. */
async function refusal(update: Promise<unknown>): Promise<string | null | undefined> {
  try {
    await update;
    return 'not refused';
  } catch (error) {
    const isRefused =
      error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure;
    return isRefused ? error.cause.type : String(error);
  }
}

const [ONE] = question(0, 1).requests;
const LIMIT = { accountsMax: 2, windowMs: 600_000 };
const COMMAND = { type: 'HOLD', commandId: 'c-1', at: 1, scope: 'GLOBAL', reason: 'r' };

describe('an update of another shape', () => {
  test('is turned away, and everybody else is answered', async () => {
    await play(async ({ say, ask, send }) => {
      const questions = [
        undefined,
        {},
        { requests: [ONE] },
        { requests: [{ ...ONE, episode: '1' }], limit: LIMIT },
        { requests: [null], limit: LIMIT },
        { requests: Array(201).fill(ONE), limit: LIMIT },
      ];
      for (const payload of questions) {
        expect(await refusal(send('askToStart', payload))).toBe('MALFORMED_COMMAND');
      }
      const expiresAt = Date.now() + 600_000;
      const commands = [
        undefined,
        {},
        { command: COMMAND, envelope: 'e' },
        { command: { ...COMMAND, scope: 'ACCOUNT:ACC_1' }, envelope: 'e', expiresAt },
        { command: { ...COMMAND, commandId: 7 }, envelope: 'e', expiresAt },
        { command: COMMAND, envelope: {}, expiresAt },
      ];
      for (const payload of commands) {
        expect(await refusal(send('command', payload))).toBe('MALFORMED_COMMAND');
      }
      const late = { command: COMMAND, envelope: 'e', expiresAt: 1 };
      expect(await refusal(send('command', late))).toBe('COMMAND_EXPIRED');

      expect(await ask(question(0, 3))).toEqual(['GRANTED', 'GRANTED', 'BRAKED']);
      expect((await say('HOLD', 'GLOBAL', 'ann')).outcome).toBe('DONE');
    });
  }, 120_000);
});
