import { createHash } from 'node:crypto';
import type { CashEntry, CashRecord } from '#contracts/ingest.ts';
import { TOPICS } from '#contracts/topics.ts';
import { fromE4, toE4 } from '#contracts/wire.ts';
import { withdrawalAudit } from '#contracts/withdrawal-audit.ts';
import type { FiguresReading } from '#domain/case-events.ts';
import type { Policy } from '#domain/policy.ts';
import { doubtfulSymbols } from '#domain/price-proof.ts';
import { afterCash, decideWithdrawal, worstFigures } from '#domain/withdrawal.ts';
import type { WithdrawalDecision, WithdrawalFigures } from '#domain/withdrawal.ts';
import type { Clock } from '#ports/clock.ts';
import type { FiguresReader } from '#ports/figures-reader.ts';
import type { Logger } from '#ports/logger.ts';
import type { Publisher } from '#ports/publisher.ts';
import type { OutboundRecord, RecordPosition } from '#ports/records.ts';
import { AccountTurns } from './account-turns.ts';
import { ask } from './dependency.ts';
import { unavailable } from './problem.ts';
import type { Problem } from './problem.ts';

/** Withdrawals that passed and are remembered, so that a repeated request is answered as before … */
const PASSED_MAX = 10_000;
/** … for a day: longer ago the same id is taken for a new withdrawal, and looked at. */
const PASSED_MS = 86_400_000;

export interface WithdrawalDeskParts {
  readonly figures: FiguresReader;
  readonly publisher: Publisher;
  /** Beside the rates it says how old a quote and a heartbeat may be, and what a doubt is worth. */
  readonly policy: Policy;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A withdrawal that was looked at, on what, and what came of it. */
interface Decided {
  readonly cash: CashRecord;
  readonly decision: WithdrawalDecision;
  readonly reading: Extract<FiguresReading, { outcome: 'FRESH' }>;
}

/** A withdrawal that passed: where it was written, and when. */
interface Passed {
  readonly place: RecordPosition;
  readonly at: number;
}

/** The records of a request that were written before, with their places. */
type Places = ReadonlyMap<CashEntry, RecordPosition>;

/**
 * Lets withdrawals pass only on figures that include every record that Kafka had when it looked, and
 * one request after another for each account: of two that would pass alone, the second sees the first.
 * That holds within this process. Prices and fills that come between the look and the booking, other
 * writers of cash.v1, and a second API process are beyond it: see docs/decisions/withdrawals.md.
 */
export class WithdrawalDesk {
  readonly #parts: WithdrawalDeskParts;
  readonly #turns = new AccountTurns();
  readonly #passed = new Map<string, Passed>();

  constructor(parts: WithdrawalDeskParts) {
    this.#parts = parts;
  }

  /**
   * Writes `outbound`, which are `records` as their topic has them, if every withdrawal among them
   * passes; else nothing, and tells why. The positions are in the order of the records.
   */
  async post(
    records: readonly CashEntry[],
    outbound: readonly OutboundRecord[],
    correlationId: string,
  ): Promise<Problem | RecordPosition[]> {
    const repeated = this.#placesOf(records);
    const accounts = accountsToLookAt(records, repeated);
    if (accounts.length === 0) return this.#answer(this.#write(records, outbound, repeated, []));
    const reversal = records.find((cash) => isReversal(cash) && accounts.includes(cash.account_id));
    if (reversal !== undefined) return besideReversal(reversal.account_id);
    const endTurn = await this.#turns.take(accounts);
    if (endTurn === null) return unavailable('Too many withdrawals wait. Repeat the request.');
    // The turn ends when the write has, not when the caller stops to wait for it.
    let writing: Promise<unknown> = Promise.resolve();
    try {
      // The request before may have been this very one.
      const places = new Map([...repeated, ...this.#placesOf(records)]);
      const looked = await this.#look(records, accounts, places);
      if ('kind' in looked) return looked;
      const refused = looked.filter(({ decision }) => decision.outcome === 'REFUSED');
      const audits = (refused.length === 0 ? looked : refused).map((decided) =>
        this.#auditOf(decided, correlationId),
      );
      const [first] = refused;
      const work =
        first === undefined
          ? this.#write(records, outbound, places, audits)
          : this.#parts.publisher.publish(audits);
      writing = work;
      const answer = await this.#answer(work);
      return first === undefined ? answer : problemOf(first);
    } finally {
      writing.then(endTurn, endTurn);
    }
  }

  /**
   * Writes records and audits; gives the places of the records. What passed before is not written
   * again: should the engine have refused or forgotten it, it would book it now, and nobody has looked.
   */
  async #write(
    records: readonly CashEntry[],
    outbound: readonly OutboundRecord[],
    places: Places,
    audits: readonly OutboundRecord[],
  ): Promise<RecordPosition[]> {
    const missing = outbound.filter((_, index) => {
      const cash = records[index];
      return cash !== undefined && !places.has(cash);
    });
    const out = [...missing, ...audits];
    const written = out.length === 0 ? [] : await this.#parts.publisher.publish(out);
    const next = written.values();
    const answered: RecordPosition[] = [];
    for (const cash of records) {
      const place = places.get(cash) ?? next.next().value;
      if (place === undefined) throw new Error(`${cash.cash_id} was written without a place`);
      if (isWithdrawal(cash) && !places.has(cash)) this.#remember(cash, place);
      answered.push(place);
    }
    return answered;
  }

  async #answer(work: Promise<RecordPosition[]>): Promise<Problem | RecordPosition[]> {
    const late = 'Kafka has not acknowledged in time. Repeat the request with the same ids.';
    const written = await ask(work, late, this.#parts.logger);
    return written.ok ? written.value : written.problem;
  }

  /** Every withdrawal in its order, each after those of the request before it. */
  async #look(
    records: readonly CashEntry[],
    accounts: readonly string[],
    places: Places,
  ): Promise<Problem | Decided[]> {
    const readings = await Promise.all(accounts.map((account) => this.#read(account)));
    const decided: Decided[] = [];
    for (const [index, reading] of readings.entries()) {
      const account = accounts[index] ?? '';
      if (reading.outcome === 'STALE') return notFresh(account, reading);
      const { cashE4, positions } = reading;
      let worst = worstFigures(cashE4, positions, this.#parts.policy);
      if (reading.figures.status === 'INDETERMINATE' || worst === null) {
        return indeterminate(account);
      }
      const { equityE4, maintenanceReqE4 } = reading.figures;
      let figures: WithdrawalFigures = { ...worst, equityE4, maintenanceReqE4 };
      for (const cash of records) {
        // A deposit does not count before it is booked: the engine may know its id, or refuse it.
        if (!isWithdrawal(cash) || cash.account_id !== account || places.has(cash)) continue;
        const amountE4 = toE4(cash.amount);
        const decision = decideWithdrawal(figures, -amountE4, worst);
        decided.push({ cash, decision, reading });
        figures = afterCash(figures, amountE4);
        worst = afterCash(worst, amountE4);
      }
    }
    return decided;
  }

  #read(accountId: string): Promise<FiguresReading> {
    const { figures, policy } = this.#parts;
    const { quoteAgeMaxMs, heartbeatAgeMaxMs } = policy;
    return figures.read({
      accountId,
      atLeast: null,
      quoteAgeMaxMs,
      heartbeatAgeMaxMs,
      calendarVersion: policy.calendar.version,
    });
  }

  #auditOf({ cash, decision, reading }: Decided, correlationId: string): OutboundRecord {
    const { clock, policy } = this.#parts;
    const at = clock.now();
    const record = withdrawalAudit({
      eventId: eventIdOf(cash, correlationId),
      cash,
      decision,
      figures: reading.figures,
      cashE4: reading.cashE4,
      at,
      policyVersion: policy.version,
      correlationId,
    });
    return { topic: TOPICS.audit.name, key: cash.account_id, value: JSON.stringify(record) };
  }

  /** The withdrawals that passed already, lately, with where they were written. */
  #placesOf(records: readonly CashEntry[]): Map<CashEntry, RecordPosition> {
    const since = this.#parts.clock.now() - PASSED_MS;
    const places = new Map<CashEntry, RecordPosition>();
    for (const cash of records) {
      const passed = isWithdrawal(cash) ? this.#passed.get(keyOf(cash)) : undefined;
      if (passed !== undefined && passed.at > since) places.set(cash, passed.place);
    }
    return places;
  }

  #remember(cash: CashRecord, place: RecordPosition): void {
    const key = keyOf(cash);
    this.#passed.delete(key);
    this.#passed.set(key, { place, at: this.#parts.clock.now() });
    if (this.#passed.size <= PASSED_MAX) return;
    for (const oldest of this.#passed.keys()) {
      this.#passed.delete(oldest);
      return;
    }
  }
}

/** The accounts that somebody takes money from; repeated requests aside. */
function accountsToLookAt(records: readonly CashEntry[], repeated: Places): string[] {
  const looked = records.filter((cash) => isWithdrawal(cash) && !repeated.has(cash));
  return [...new Set(looked.map(({ account_id }) => account_id))];
}

function isWithdrawal(cash: CashEntry): cash is CashRecord {
  return cash.kind === 'WITHDRAWAL';
}

function isReversal(cash: CashEntry): cash is Exclude<CashEntry, CashRecord> {
  return cash.kind === 'REVERSAL';
}

/** The same id of the same account with the same amount is the same withdrawal: it passes once. */
function keyOf({ account_id, cash_id, amount }: CashRecord): string {
  return `${account_id}/${cash_id}/${String(amount)}`;
}

function eventIdOf({ account_id, cash_id }: CashRecord, correlationId: string): string {
  const name = `${account_id}/${cash_id}/${correlationId}`;
  return `wd-${createHash('sha256').update(name).digest('hex').slice(0, 40)}`;
}

function notFresh(
  account: string,
  { reason }: Extract<FiguresReading, { outcome: 'STALE' }>,
): Problem {
  const { code, what, observed, limit } = reason;
  const detail = `No withdrawal from ${account} without fresh figures: ${code} of ${what}: ${observed}, limit ${limit}.`;
  const refusal = { code, observed, limit };
  return code === 'NO_FIGURES'
    ? { kind: 'withdrawal-refused', detail, refusal }
    : { ...unavailable(detail), refusal };
}

/** A reversal names no amount: what is left after it is known only when it is booked. */
function besideReversal(account: string): Problem {
  return {
    kind: 'withdrawal-refused',
    detail: `The request reverses cash of ${account} too: send the withdrawal when that is booked.`,
    refusal: { code: 'BESIDE_REVERSAL', observed: 'a reversal', limit: 'withdrawals and deposits' },
  };
}

function indeterminate(account: string): Problem {
  return {
    kind: 'withdrawal-refused',
    detail: `The figures of ${account} are INDETERMINATE: nothing may be withdrawn.`,
    refusal: { code: 'INDETERMINATE', observed: 'INDETERMINATE', limit: 'figures' },
  };
}

function problemOf({ cash, decision, reading }: Decided): Problem {
  const observed = dollars(decision.observedE4);
  const limit = dollars(decision.limitE4);
  if (decision.outcome === 'ALLOWED') throw new Error('a withdrawal that passes is no problem');
  const { code, rule } = decision;
  const doubtful =
    code === 'PRICE_DOUBTFUL' ? ` (${doubtfulSymbols(reading.positions).join(', ')})` : '';
  const detail = `${cash.cash_id}: ${rule}${doubtful}; asked for ${observed}, at most ${limit} may go from ${cash.account_id}.`;
  return { kind: 'withdrawal-refused', detail, refusal: { code, observed, limit } };
}

function dollars(amountE4: number): string {
  return fromE4(amountE4)
    .toFixed(4)
    .replace(/0{1,2}$/, '');
}
