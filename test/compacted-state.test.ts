import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { TOPICS } from '#contracts/topics.ts';
import type { ControlState } from '#domain/controls/control-state.ts';
import { scopeName } from '#domain/scopes.ts';
import { compactEagerly } from '#demo/order-flow/eager-compaction.ts';
import { eventually, openKafka } from './kafka-fixture.ts';
import type { KafkaFixture } from './kafka-fixture.ts';
import {
  decided,
  order,
  sendCommand,
  sendOrders,
  sendPrice,
  sendState,
  startGate,
  tellAccount,
  WAIT_MS,
} from './order-path-fixture.ts';
import type { TestGate } from './order-path-fixture.ts';

/** A gate that starts when the broker has thrown away all but the last state of each scope. */

jest.setTimeout(240_000);

const NVDA = { kind: 'SYMBOL', id: 'NVDA' } as const;
const AMD = { kind: 'SYMBOL', id: 'AMD' } as const;

/** Each look makes a segment. */
const SEGMENT_LOOK_MS = 1_000;

let kafka: KafkaFixture;
let gate: TestGate | undefined;
const defects: unknown[] = [];

beforeEach(async () => {
  kafka = await openKafka('compacted', 1);
  for (const symbol of ['NVDA', 'AMD']) await sendPrice(kafka, symbol, 400);
  await tellAccount(kafka, 'ACC_1');
});

afterEach(async () => {
  await gate?.stop();
  await kafka.close();
  expect(defects).toEqual([]);
});

/** Killed by the command at this epoch; −1 is before the first one. */
function killed(version: number, epoch: number): Partial<ControlState> {
  return {
    version,
    coversOffset: epoch,
    holders: [
      {
        name: 'operator',
        mode: { kind: 'BLOCK' },
        reason: 'halted',
        actor: 'ann',
        commandId: `C${String(epoch)}`,
        since: 1,
        epoch,
      },
    ],
  };
}

async function codeOf(symbol: string): Promise<string> {
  const one = order({ symbol });
  await sendOrders(kafka, one);
  return (await decided(kafka, one.order_id)).code;
}

test('a new gate knows from compacted state what stands and what was lifted, and kills what came after it', async () => {
  await compactEagerly(kafka.surroundings);
  const kills = [
    await sendCommand(kafka, { scope: 'SYMBOL:NVDA', action: 'KILL' }),
    await sendCommand(kafka, { scope: 'SYMBOL:AMD', action: 'KILL' }),
  ];
  const [ofNvda = -1, ofAmd = -1] = kills;
  // AMD was killed and lifted, NVDA killed, lifted and killed again.
  await sendState(kafka, NVDA, killed(1, ofNvda));
  await sendState(kafka, NVDA, { version: 2, coversOffset: ofNvda });
  await sendState(kafka, AMD, killed(1, ofAmd));
  const again = await sendCommand(kafka, { scope: 'SYMBOL:NVDA', action: 'KILL' });
  await sendState(kafka, NVDA, killed(3, again));
  await sendState(kafka, AMD, { version: 2, coversOffset: ofAmd });
  await eventually('compaction', WAIT_MS, async () => {
    // What is still written to is not compacted: something has to come after it, and again, since the
    // broker may have answered the new setting before its log went by it.
    await sendState(kafka, { kind: 'SYMBOL', id: 'OTHER' }, { version: 1 });
    await new Promise((resolve) => setTimeout(resolve, SEGMENT_LOOK_MS));
    const left = (await kafka.readAll(TOPICS.controlState.name)).map(({ key }) => key);
    return [NVDA, AMD].every(
      (scope) => left.filter((key) => key === scopeName(scope)).length === 1,
    );
  });

  gate = await startGate(kafka, defects);
  expect(await codeOf('NVDA')).toBe('KILLED');
  expect(await codeOf('AMD')).toBe('ALLOW');

  // Nobody writes state any more: the command alone has to do, at the next start too.
  await sendCommand(kafka, { scope: 'SYMBOL:AMD', action: 'KILL' });
  await eventually('the kill', WAIT_MS, async () => (await codeOf('AMD')) === 'KILLED');
  await gate.stop();
  gate = await startGate(kafka, defects);
  expect(await codeOf('AMD')).toBe('KILLED');
});
