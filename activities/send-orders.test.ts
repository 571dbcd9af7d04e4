import type { StepsRequest } from '#contracts/case-activities.ts';
import type { FirmHold, FirmScope } from '#domain/firm-enforcement.ts';
import { summaryOf } from '#domain/case-summary.ts';
import { LadderWalk } from '#test/ladder-walk.ts';
import { describe, expect, test } from '@jest/globals';
import { sendOrders } from './send-orders.ts';

const ACK = { ackAt: 5 };

/** One order for NVDA and one for AMD. */
function request(): StepsRequest {
  const walk = new LadderWalk().price(390).wait(60_000);
  const found = walk.taken.find(({ action }) => action.type === 'ORDERS')?.action;
  if (found?.type !== 'ORDERS') throw new Error('the walk has no orders');
  const [order] = found.orders;
  if (order === undefined) throw new Error('no order');
  return {
    accountId: 'ACC_1',
    caseId: 'run-1',
    caseStartedAt: 1,
    workflowId: 'account-case:ACC_1',
    runId: 'run-1',
    leadingUp: [],
    action: { ...found, orders: [order, { ...order, orderId: 'o-2', symbol: 'AMD' }] },
    summary: summaryOf(walk.state),
  };
}

/** What is written when these scopes are held, and the answer. */
async function send(scopes: readonly FirmScope[], isRepeated = false) {
  const holds = scopes.map((scope): FirmHold => {
    return { scope, by: 'ann', since: 1, reason: 'look', resumeAskedBy: null };
  });
  const written: string[][] = [];
  const ports = {
    firm: { holds: () => Promise.resolve(holds) },
    attempt: () => ({ isRepeated, scheduledAt: null }),
    clock: { now: () => 7 },
  };
  const answer = await sendOrders(ports, request(), ({ action }) => {
    if (action.type === 'ORDERS') written.push(action.orders.map(({ symbol }) => symbol));
    return Promise.resolve(ACK);
  });
  return { written, answer };
}

describe('liquidation orders', () => {
  test('go out as they were decided when nothing of them is held', async () => {
    for (const scopes of [[], ['SYMBOL:IBM'], ['LIQUIDATIONS']] as const) {
      expect(await send(scopes)).toEqual({ written: [['NVDA', 'AMD']], answer: ACK });
    }
  });

  test('of a held symbol stay, and the others go', async () => {
    const { written, answer } = await send(['SYMBOL:AMD']);
    expect(written).toEqual([['NVDA']]);
    expect(answer).toMatchObject({
      ackAt: 5,
      withheld: { orderIds: ['o-2'], mayBeOut: false, reason: { what: 'SYMBOL:AMD' } },
    });
  });

  test('all stay when everything is held, and nothing is written', async () => {
    const { written, answer } = await send(['GLOBAL']);
    expect(written).toEqual([]);
    expect(answer.withheld?.orderIds).toHaveLength(2);
  });

  test('may be out when an earlier attempt did not come to an answer', async () => {
    expect((await send(['GLOBAL'], true)).answer.withheld?.mayBeOut).toBe(true);
  });

  test('stay when nobody can tell what is held: it is tried again', async () => {
    const ports = {
      firm: { holds: () => Promise.reject(new Error('the log is away')) },
      attempt: () => ({ isRepeated: false, scheduledAt: null }),
      clock: { now: () => 7 },
    };
    const never = () => Promise.reject(new Error('nothing may be written'));
    await expect(sendOrders(ports, request(), never)).rejects.toThrow('the log is away');
  });
});
