import { TOPICS } from '#contracts/topics.ts';
import type { KafkaSurroundings } from '#platform/kafka/client.ts';
import { recordsNow, stateCleanup } from './eager-compaction.ts';
import type { Floor } from './floor.ts';

/** The broker looks for logs to compact every 15 s. */
const COMPACTED_MS_MAX = 60_000;
const LOOK_MS = 500;

/** Every order that came in is accounted for once. */
export async function reconcile(floor: Floor): Promise<void> {
  const { narrator } = floor.telling;
  const { ledger } = floor.log;
  await floor.log.until('the decision and audit of every order', () =>
    ledger.settled() === ledger.ordersIn() ? true : undefined,
  );
  const { orders, decided, wrong, ...beside } = ledger.reconcile();
  const { ALLOW, DROP, THROTTLE, DUPLICATE, REJECT } = decided;
  narrator.say('the reckoning: orders in = allowed + dropped + throttled + duplicate + rejected');
  narrator.check(
    [ALLOW, DROP, THROTTLE, DUPLICATE, REJECT].map(String).join(' + '),
    String(orders),
    String(ALLOW + DROP + THROTTLE + DUPLICATE + REJECT),
  );
  narrator.check(
    'one decision and one valid audit each; what does not come out',
    'nothing',
    wrong.join('; ') || 'nothing',
  );
  const { voidDecisions, voidAudits, auditsToldAgain } = beside;
  narrator.check(
    'void decisions, audits of such, audits told again',
    '0 0 0',
    [voidDecisions, voidAudits, auditsToldAgain].map(String).join(' '),
  );
}

/**
 * What the broker keeps of a scope: every command, and the last state alone. Once it has compacted, a
 * gate that starts reads no more than that.
 */
export async function showCompaction(floor: Floor, scope: string): Promise<void> {
  const { log, telling } = floor;
  const { narrator, kafka } = telling;
  narrator.check('cleanup.policy of killswitch.state.v1', 'compact', await stateCleanup(kafka));
  const isOfScope = ({ record }: { readonly record: { readonly scope: string } }): boolean =>
    record.scope === scope;
  const written = log.states.filter(isOfScope).map(({ record }) => record.status);
  const left = await compacted(kafka, scope);
  narrator.say(`the broker has compacted killswitch.state.v1: what it had and has of ${scope}`);
  narrator.note(`before   ${written.join(' → ')}`);
  narrator.check('after', written.at(-1) ?? '—', left.join(' → '));
  const commands = (await recordsNow(kafka, TOPICS.controlCommands)).filter(
    (each) => each.scope === scope,
  );
  narrator.check(
    'killswitch.commands.v1 keeps every command',
    log.commands
      .filter(isOfScope)
      .map(({ record }) => record.action)
      .join(' → '),
    commands.map(({ action }) => action).join(' → '),
  );
}

/** The states of a scope that a new reader finds as soon as it is one, or in the end. */
async function compacted(kafka: KafkaSurroundings, scope: string): Promise<string[]> {
  const deadline = Date.now() + COMPACTED_MS_MAX;
  for (;;) {
    const states = await recordsNow(kafka, TOPICS.controlState);
    const left = states.filter((each) => each.scope === scope).map(({ status }) => status);
    if (left.length <= 1 || Date.now() > deadline) return left;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
