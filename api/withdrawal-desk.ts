import { createHash } from 'node:crypto';
import type { CashEntry, CashRecord } from '#contracts/ingest.ts';
import { TOPICS } from '#contracts/topics.ts';
import { fromE4, toE4 } from '#contracts/wire.ts';
import { withdrawalAudit } from '#contracts/withdrawal-audit.ts';
import type { Reading } from '#domain/case-events.ts';
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

/** Withdrawals that passed and are remembered, so that a repeated request is not counted twice. */
const PASSED_MAX = 10_000;

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
  readonly reading: Extract<Reading, { outcome: 'FRESH' }>;
}

/**
 * Lets withdrawals pass only on figures that include every record that Kafka had when it looked, and
 * one request after another for each account: of two that would pass alone, the second sees the first.
 * That holds within this process. Prices and fills that come between the look and the booking, other
 * writers of cash.v1, and a second API process are beyond it: see docs/decisions/withdrawals.md.
 */
export class WithdrawalDesk {
  readonly #parts: WithdrawalDeskParts;
  readonly #turns = new AccountTurns();
  readonly #passed = new Set<string>();

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
    const accounts = this.#accountsToLookAt(records);
    if (accounts.length === 0) return this.#answer(this.#parts.publisher.publish(outbound));
    const reversal = records.find((cash) => isReversal(cash) && accounts.includes(cash.account_id));
    if (reversal !== undefined) return besideReversal(reversal.account_id);
    const endTurn = await this.#turns.take(accounts);
    if (endTurn === null) return unavailable('Too many withdrawals wait. Repeat the request.');
    // The turn ends when the write has, not when the caller stops to wait for it.
    let writing: Promise<unknown> = Promise.resolve();
    try {
      const looked = await this.#look(records, accounts);
      if ('kind' in looked) return looked;
      const refused = looked.filter(({ decision }) => decision.outcome === 'REFUSED');
      const audits = (refused.length === 0 ? looked : refused).map((decided) =>
        this.#auditOf(decided, correlationId),
      );
      const work = this.#parts.publisher.publish([
        ...(refused.length === 0 ? outbound : []),
        ...audits,
      ]);
      const [first] = refused;
      writing = work.then(() => {
        if (first === undefined) for (const { cash } of looked) this.#remember(cash);
      });
      const answer = await this.#answer(work);
      if (first !== undefined) return problemOf(first);
      return 'kind' in answer ? answer : answer.slice(0, records.length);
    } finally {
      writing.then(endTurn, endTurn);
    }
  }

  async #answer(work: Promise<RecordPosition[]>): Promise<Problem | RecordPosition[]> {
    const late = 'Kafka has not acknowledged in time. Repeat the request with the same ids.';
    const written = await ask(work, late, this.#parts.logger);
    return written.ok ? written.value : written.problem;
  }

  /** The accounts that somebody takes money from; repeated requests aside. */
  #accountsToLookAt(records: readonly CashEntry[]): string[] {
    const looked = records.filter((cash) => isWithdrawal(cash) && !this.#passed.has(keyOf(cash)));
    return [...new Set(looked.map(({ account_id }) => account_id))];
  }

  /** Every withdrawal in its order, each after the records of the request before it. */
  async #look(
    records: readonly CashEntry[],
    accounts: readonly string[],
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
        if (isReversal(cash) || cash.account_id !== account) continue;
        if (this.#passed.has(keyOf(cash))) continue;
        const amountE4 = toE4(cash.amount);
        if (isWithdrawal(cash)) {
          const decision = decideWithdrawal(figures, -amountE4, worst);
          decided.push({ cash, decision, reading });
        }
        figures = afterCash(figures, amountE4);
        worst = afterCash(worst, amountE4);
      }
    }
    return decided;
  }

  #read(accountId: string): Promise<Reading> {
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

  #remember(cash: CashRecord): void {
    this.#passed.add(keyOf(cash));
    if (this.#passed.size <= PASSED_MAX) return;
    for (const oldest of this.#passed) {
      this.#passed.delete(oldest);
      return;
    }
  }
}

function isWithdrawal(cash: CashEntry): cash is CashRecord {
  return cash.kind === 'WITHDRAWAL';
}

function isReversal(cash: CashEntry): cash is Exclude<CashEntry, CashRecord> {
  return cash.kind === 'REVERSAL';
}

/** The engine counts a cash_id once: the same one again, with the same amount, moves nothing. */
function keyOf({ account_id, cash_id, amount }: CashRecord): string {
  return `${account_id}/${cash_id}/${String(amount)}`;
}

function eventIdOf({ account_id, cash_id }: CashRecord, correlationId: string): string {
  const name = `${account_id}/${cash_id}/${correlationId}`;
  return `wd-${createHash('sha256').update(name).digest('hex').slice(0, 40)}`;
}

function notFresh(account: string, { reason }: Extract<Reading, { outcome: 'STALE' }>): Problem {
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
