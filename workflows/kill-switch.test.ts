import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { ApplicationFailure } from '@temporalio/common';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { approve, lift } from '#test/controls-fixture.ts';
import { FORGED_OFFSET, kill, NOTHING, TWO } from '#test/kill-switch-stories.ts';
import { KILL_SWITCH_WORKFLOW_FILE, playScope } from '#test/kill-switch-world.ts';
import type { ScopeWorld } from '#test/kill-switch-world.ts';
import { startWorkflowServer } from '#test/temporal.ts';
import type { WorkflowServer } from '#test/temporal.ts';

/** A scope's workflow on the real Temporal server; what it reads and writes is in memory. */

jest.setTimeout(120_000);

let server: WorkflowServer;

beforeAll(async () => {
  server = await startWorkflowServer(KILL_SWITCH_WORKFLOW_FILE);
}, 120_000);

afterAll(async () => {
  await server.temporal.teardown();
});

async function play(story: (world: ScopeWorld) => Promise<void>): Promise<void> {
  const handle = await playScope(server, { policy: TWO, logs: NOTHING }, story);
  await handle.terminate('the test is over');
}

async function killed({ tell, until }: ScopeWorld): Promise<void> {
  await tell(kill(1));
  await until('it is killed', ({ status }) => status === 'KILLED');
}

const codeOf = (reason: unknown): unknown =>
  reason instanceof WorkflowUpdateFailedError && reason.cause instanceof ApplicationFailure
    ? reason.cause.type
    : reason;

describe('a scope', () => {
  test('lifts nothing past a kill that is written, and that nobody has told it of', () =>
    play(async (world) => {
      await killed(world);
      world.write(kill(3, { reason: 'again' }));
      const asked = await world.say(lift(1), 'bob').catch(codeOf);
      expect(asked).toBe('OTHER_EPOCH');
      expect(world.written.at(-1)).toMatchObject({ status: 'KILLED', covers_offset: 3 });
    }));

  test('approves nothing past such a kill either', () =>
    play(async (world) => {
      await killed(world);
      const asked = lift(1);
      await world.say(asked, 'bob');
      world.write(kill(3));
      expect(await world.say(approve(asked), 'cleo').catch(codeOf)).toBe('NO_SUCH_REQUEST');
      expect(world.written.at(-1)).toMatchObject({ status: 'KILLED', request: null });
    }));

  test('is neither moved nor worn out by a flood of signals of what no log has', () =>
    play(async (world) => {
      await killed(world);
      const forged = { type: 'LOGGED', topic: 'killswitch.commands.v1' } as const;
      const flood = Array.from({ length: 200 }, (_, index) => FORGED_OFFSET - index);
      await Promise.all(flood.map((offset) => world.signal({ ...forged, offset })));
      await world.tell(kill(2));
      await world.until('the kill is in', ({ covers_offset }) => covers_offset === 2);
      expect(world.written).toHaveLength(2);
    }));

  test('answers nobody before the decision is on record, however long that takes', () =>
    play(async (world) => {
      await killed(world);
      world.breakLog(3);
      const reply = await world.say(lift(1), 'bob');
      expect(reply.answer.is).toBe('WAITS_FOR_APPROVAL');
      expect(world.written.map(({ request }) => request !== null)).toEqual([false, true]);
    }));
});
