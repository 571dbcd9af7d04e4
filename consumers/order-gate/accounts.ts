import { z } from 'zod';
import { endsOrder, executionSchema } from '#contracts/case-events.ts';
import { decodeRecord } from '#contracts/decode-record.ts';
import { marginCalcSchema } from '#contracts/margin-figures.ts';
import { toE4 } from '#contracts/wire.ts';
import { AccountLedger } from '#domain/gate/account-ledger.ts';
import type { LedgerExecution } from '#domain/gate/account-ledger.ts';
import type { Gate } from '#domain/gate/gate.ts';
import type { InboundRecord } from '#ports/records.ts';

/** Of margin.calc.v1 what the gate needs: on a price move every account comes, and orders wait. */
const figuresSchema = z.object({
  ...marginCalcSchema.pick({
    account_id: true,
    generation: true,
    sequence: true,
    cash: true,
    excess: true,
  }).shape,
  input_offsets: z.object({ 'fills.v1': z.number() }),
  positions: z.array(z.object({ symbol: z.string(), qty: z.number() })),
});

type OnUnreadable = (record: InboundRecord, code: string, reason: string) => void;

/** The accounts of one partition: what the engine and the venue tell of them goes to the gate's exposures. */
export class Accounts {
  readonly #gate: Gate;
  readonly #onUnreadable: OnUnreadable;
  readonly #ledgers = new Map<string, AccountLedger>();

  constructor(gate: Gate, onUnreadable: OnUnreadable) {
    this.#gate = gate;
    this.#onUnreadable = onUnreadable;
  }

  ids(): Iterable<string> {
    return this.#ledgers.keys();
  }

  ledger(accountId: string): AccountLedger | undefined {
    return this.#ledgers.get(accountId);
  }

  /** The ledger of an account, begun if need be: unknown until its figures come. */
  open(accountId: string): AccountLedger {
    let ledger = this.#ledgers.get(accountId);
    if (ledger === undefined) {
      ledger = new AccountLedger(this.#gate.know(accountId));
      this.#ledgers.set(accountId, ledger);
    }
    return ledger;
  }

  /** A record of margin.calc.v1. One that cannot be read makes its account unknown. */
  takeFigures(record: InboundRecord): void {
    const decoded = decodeRecord(figuresSchema, record.value, record.key);
    if (!decoded.ok) {
      const exposure = record.key === null ? undefined : this.#gate.exposure(record.key);
      if (exposure !== undefined) exposure.isKnown = false;
      this.#onUnreadable(record, decoded.refusal.code, decoded.refusal.reason);
      return;
    }
    const { account_id, generation, sequence, input_offsets, excess, cash, positions } =
      decoded.record;
    this.open(account_id).figures({
      version: { generation, sequence },
      fillsPosition: input_offsets['fills.v1'],
      excessE4: excess === null ? null : toE4(excess),
      cashE4: toE4(cash),
      positions: new Map(positions.map(({ symbol, qty }) => [symbol, toE4(qty)])),
    });
  }

  /** A record of executions.v1; null when it cannot be read. */
  readExecution(record: InboundRecord): ReadExecution | null {
    const decoded = decodeRecord(executionSchema, record.value, record.key);
    if (!decoded.ok) {
      this.#onUnreadable(record, decoded.refusal.code, decoded.refusal.reason);
      return null;
    }
    const told = decoded.record;
    return {
      accountId: told.account_id,
      isTerminal: endsOrder(told),
      execution: {
        orderId: told.order_id,
        symbol: told.symbol,
        side: told.side,
        lastQtyE4: toE4(told.last_qty),
        lastPriceE4: told.last_price === null ? 0 : toE4(told.last_price),
        leavesE4: toE4(told.leaves_qty),
        fillOffset: told.fill_offset,
      },
    };
  }
}

export interface ReadExecution {
  readonly accountId: string;
  readonly isTerminal: boolean;
  readonly execution: LedgerExecution;
}
