import type { Floor } from './floor.ts';

/**
 * Ann asks to lift what holds the scope, may not approve it herself, and bob approves it. Resolves with
 * the instant of the broker's clock (Unix ms) from which every gate and venue adapter knows.
 */
export async function liftByTwo(floor: Floor, scope: string, reason: string): Promise<number> {
  const { people, log, telling } = floor;
  const { narrator } = telling;
  const asked = await people.unkill(scope, reason);
  narrator.say(`ann asks to resume ${scope}`);
  narrator.check('what comes of it', 'WAITS_FOR_APPROVAL', asked.outcome);
  await log.until('the request of ann', () =>
    log.states.find(({ record }) => record.request?.request_id === asked.request_id),
  );
  narrator.check('when she approves it herself', 'SAME_PERSON', await people.approveAlone(asked));
  const approved = await people.approve(asked);
  narrator.check('when bob approves it', 'LIFTED', approved.outcome);
  const { version } = approved.state;
  const state = await log.until(`the state that resumes ${scope}`, () =>
    log.states.find(({ record }) => record.scope === scope && record.version >= version),
  );
  narrator.check('killswitch.state.v1', 'ACTIVE', state.record.status);
  return floor.untilApplied(state);
}
