import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { openControls } from './controls-fixture.ts';
import type { ControlsFixture } from './controls-fixture.ts';
import { eventually } from './kafka-fixture.ts';
import {
  decided,
  order,
  sendOrders,
  sendPrice,
  startGate,
  tellAccount,
  WAIT_MS,
} from './order-path-fixture.ts';
import type { TestGate } from './order-path-fixture.ts';
import { restrictionRecord } from './restriction-record.ts';

/**
 * From restrictions.v1 to the gate, with everything between as processes of their own: kill-signaller,
 * the scope's workflow, control-projector. In the reference nobody reads CLOSE_ONLY.
 */

jest.setTimeout(240_000);

/** Holds 100 NVDA. */
const ACCOUNT = 'ACC_1';

let controls: ControlsFixture;
let gate: TestGate;
const defects: unknown[] = [];

beforeEach(async () => {
  controls = await openControls('close-only');
  await sendPrice(controls.kafka, 'NVDA', 400);
  await tellAccount(controls.kafka, ACCOUNT, { positions: { NVDA: 100 } });
  gate = await startGate(controls.kafka, defects);
}, 180_000);

afterEach(async () => {
  await gate.stop();
  await controls.close();
  expect(defects).toEqual([]);
}, 60_000);

async function codeOf(side: 'BUY' | 'SELL'): Promise<string> {
  const one = order({ account_id: ACCOUNT, side, qty: 1 });
  await sendOrders(controls.kafka, one);
  return (await decided(controls.kafka, one.order_id)).code;
}

test('an account that a margin case makes close-only reduces and does not open, until it is lifted', async () => {
  expect(await codeOf('BUY')).toBe('ALLOW');
  await controls.kafka.publish([restrictionRecord(ACCOUNT, 'CLOSE_ONLY', 1)]);
  await eventually('close-only', WAIT_MS, async () => (await codeOf('BUY')) === 'CLOSE_ONLY');
  expect(await codeOf('SELL')).toBe('ALLOW');
  await controls.kafka.publish([restrictionRecord(ACCOUNT, 'LIFTED', 1)]);
  await eventually('an open account', WAIT_MS, async () => (await codeOf('BUY')) === 'ALLOW');
});
