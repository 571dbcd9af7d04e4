import { z } from 'zod';
import { liquidationOrderSchema } from '#contracts/case-events.ts';
import type { Refusal } from '#contracts/dead-letter.ts';
import { decodeRecord } from '#contracts/decode-record.ts';
import { parseOrder } from '#contracts/orders.ts';
import { id, toE4 } from '#contracts/wire.ts';
import { LIQUIDATION_ID_PREFIX } from '#domain/gate/orders.ts';
import type { NewOrder, Order } from '#domain/gate/orders.ts';
import { reject } from '#domain/gate/verdict.ts';
import type { Refusal as Refused } from '#domain/gate/verdict.ts';
import type { InboundRecord } from '#ports/records.ts';

/** An order may be this much ahead of the broker's clock: as much as a price (DESIGN 6). */
const AHEAD_MS_MAX = 1_000;

/** What a record of an order topic turns out to be. */
export type Incoming =
  | { readonly is: 'ORDER'; readonly order: Order; readonly corrId: string }
  | {
      /** Its form is wrong: it is rejected, and kept as evidence. */
      readonly is: 'FAULTY';
      readonly verdict: Refused;
      readonly letter: Refusal;
      readonly accountId: string;
      readonly corrId: string;
    };

const anything = z.unknown();
const correlated = z.looseObject({ corr_id: z.string().min(1).max(64) });

/** A customer's order of orders.v1. */
export function incomingOrder(record: InboundRecord, eventId: string): Incoming {
  const json = decodeRecord(anything, record.value, record.key);
  if (!json.ok) return faulty(record, eventId, json.refusal);
  const parsedCorrId = correlated.safeParse(json.record);
  const corrId = parsedCorrId.success ? parsedCorrId.data.corr_id : eventId;
  const parsed = parseOrder(json.record);
  switch (parsed.is) {
    case 'UNSUPPORTED': {
      const letter = { code: 'UNSUPPORTED', reason: `${parsed.what} is not supported` } as const;
      return {
        ...faulty(record, corrId, letter),
        verdict: reject('UNSUPPORTED', parsed.what, null),
      };
    }
    case 'FAULTY': {
      const [issue] = parsed.error.issues;
      const place = issue?.path.map((step) => `/${String(step)}`).join('') ?? '';
      const reason = `${place === '' ? 'the record' : place}: ${issue?.message ?? 'is no order'}`;
      return faulty(record, corrId, { code: 'SCHEMA', reason });
    }
    case 'ORDER':
      return checked(record, parsed.order, corrId);
  }
}

/** A case's order of liquidation.orders.v1. */
export function incomingLiquidation(record: InboundRecord, eventId: string): Incoming {
  const decoded = decodeRecord(liquidationOrderSchema, record.value, record.key);
  if (!decoded.ok) return faulty(record, eventId, decoded.refusal);
  const { record: told } = decoded;
  const order: NewOrder = {
    type: 'NEW',
    orderId: told.order_id,
    ts: told.ts,
    accountId: told.account_id,
    symbol: told.symbol,
    side: told.side,
    qtyE4: toE4(told.qty),
    priceE4: toE4(told.price),
    strategy: told.strategy,
    liquidation: true,
    validUntil: told.valid_until,
  };
  const wrong = wrongKey(record, order.accountId);
  return wrong === null
    ? { is: 'ORDER', order, corrId: told.corr_id }
    : faulty(record, told.corr_id, wrong);
}

function checked(record: InboundRecord, order: Order, corrId: string): Incoming {
  const wrong = wrongKey(record, order.accountId);
  if (wrong !== null) return faulty(record, corrId, wrong);
  if (order.ts > record.timestamp + AHEAD_MS_MAX) {
    const reason = `/ts: ${String(order.ts - record.timestamp)} ms ahead of the broker's clock`;
    return faulty(record, corrId, { code: 'FROM_THE_FUTURE', reason });
  }
  if (order.orderId.startsWith(LIQUIDATION_ID_PREFIX)) {
    const reason = `/order_id: ${LIQUIDATION_ID_PREFIX} is for the firm's own liquidations`;
    return faulty(record, corrId, { code: 'SCHEMA', reason });
  }
  if (order.type === 'CANCEL' && order.cancelOrderId.startsWith(LIQUIDATION_ID_PREFIX)) {
    const reason = `/cancel_order_id: ${LIQUIDATION_ID_PREFIX} is for the firm's own liquidations`;
    return faulty(record, corrId, { code: 'SCHEMA', reason });
  }
  return { is: 'ORDER', order, corrId };
}

/** Under another key it lies on a partition that knows nothing of its account. */
function wrongKey(record: InboundRecord, accountId: string): Refusal | null {
  if (record.key === accountId) return null;
  const reason = `the key is ${JSON.stringify(record.key)}, account_id is ${accountId}`;
  return { code: 'WRONG_KEY', reason, accountId };
}

function faulty(
  record: InboundRecord,
  corrId: string,
  letter: Refusal,
): Extract<Incoming, { is: 'FAULTY' }> {
  const accountId = id.safeParse(letter.accountId ?? record.key);
  return {
    is: 'FAULTY',
    verdict: reject('SCHEMA', letter.reason.slice(0, 200), null),
    letter,
    accountId: accountId.success ? accountId.data : 'UNKNOWN',
    corrId: corrId.slice(0, 64),
  };
}
