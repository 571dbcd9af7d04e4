import type { OrderRecord } from '#contracts/orders.ts';
import { effectiveAt } from '#test/effective-at.ts';
import type { LeaseWord } from '#test/effective-at.ts';
import type { CountedDecision, CountedExecution } from '#test/order-ledger.ts';
import { OrderFlow } from '../../cli/order-flow.ts';
import type { FlowMode } from '../../cli/order-flow.ts';
import type { Telling } from '../story.ts';
import { ControlPeople } from './control-people.ts';
import { OrderLog } from './order-log.ts';
import type { PlacedState } from './order-log.ts';
import { OrderStream } from './order-stream.ts';

/** The account that panics in the reference (shared/seeds/001). */
export const PANICKING = '12345';
export const TRADERS = ['TRADER_1', 'TRADER_2', 'TRADER_3', 'TRADER_4'] as const;
/** Dollars. */
export const PRICES: Readonly<Record<string, number>> = { GME: 20, IBM: 150, ORCL: 80 };
/** What the algorithm buys that has run away. */
export const PANIC_SYMBOL = 'GME';
const SEED = 12_345;

/** One order gate and one venue adapter. */
export const LEASES = 2;

/** How a command came into effect. */
export interface Effect {
  /** The instant of the broker's clock, Unix ms, from which it is effective on all leases. */
  readonly at: number;
  /** As `2 of 2`. */
  readonly leases: string;
  /** From the broker's timestamp of the command, ms. */
  readonly tookMs: number;
}

/** The trading floor of a story: who sends orders, who stops them, and what became of them. */
export class Floor {
  readonly telling: Telling;
  readonly log: OrderLog;
  readonly people: ControlPeople;
  readonly #run = `demo-${Date.now().toString(36)}`;
  readonly #streams = new Set<OrderStream>();
  #flows = 0;

  constructor(telling: Telling) {
    this.telling = telling;
    this.log = new OrderLog(telling.kafka);
    this.people = new ControlPeople(telling.people);
  }

  send(orders: readonly OrderRecord[]): Promise<void> {
    return this.telling.feed.orders(orders);
  }

  /** Orders of accounts at a rate, until the stream is stopped. */
  stream(mode: FlowMode, accounts: readonly string[], perS: number): OrderStream {
    const stream = new OrderStream(this.flow(mode, accounts), perS, (orders) => this.send(orders));
    this.#streams.add(stream);
    return stream;
  }

  flow(mode: FlowMode, accounts: readonly string[]): OrderFlow {
    this.#flows += 1;
    return new OrderFlow({
      mode,
      accounts,
      symbols: mode === 'panic' ? [PANIC_SYMBOL] : Object.keys(PRICES),
      seed: SEED,
      run: `${this.#run}-${String(this.#flows)}`,
      priceOf: (symbol) => PRICES[symbol] ?? 0,
    });
  }

  /** Since when the command is effective, by what the leases say. */
  async effect(commandId: string): Promise<Effect> {
    const command = await this.log.until(`the command ${commandId}`, () =>
      this.log.commands.find(({ record }) => record.cmd_id === commandId),
    );
    const { leases, at } = await this.log.until('the last lease', () => {
      const effect = effectiveAt(this.log.leases, command);
      return effect.leases >= LEASES && effect.at !== null
        ? { leases: effect.leases, at: effect.at }
        : undefined;
    });
    return {
      at,
      leases: `${String(leases)} of ${String(LEASES)}`,
      tookMs: at - command.at,
    };
  }

  /** The first instant of the broker's clock at which all leases have applied a state. */
  untilApplied({ partition, offset }: PlacedState): Promise<number> {
    const hasApplied = ({ lease }: LeaseWord): boolean =>
      (lease.applied['killswitch.state.v1'][partition] ?? 0) > offset;
    return this.log.until('the state on all leases', () => {
      const first = new Map<string, number>();
      for (const word of this.log.leases.filter(hasApplied)) {
        const { process } = word.lease;
        first.set(process, Math.min(word.at, first.get(process) ?? Infinity));
      }
      return first.size === LEASES ? Math.max(...first.values()) : undefined;
    });
  }

  /** Decisions after an instant of the broker's clock. */
  decisionsAfter(at: number): CountedDecision[] {
    return this.log.ledger.decisions().filter((each) => each.at > at);
  }

  executionsAfter(at: number): CountedExecution[] {
    return this.log.ledger.executions().filter((each) => each.at > at);
  }

  /** Decisions after `at` that fit, as soon as there are so many. */
  untilDecided(
    count: number,
    at: number,
    fits: (decision: CountedDecision['decision']) => boolean,
  ): Promise<CountedDecision[]> {
    return this.log.until(`${String(count)} decisions`, () => {
      const found = this.decisionsAfter(at).filter(({ decision }) => fits(decision));
      return found.length >= count ? found : undefined;
    });
  }

  /** Stops every stream that still runs, and the log. */
  async close(): Promise<void> {
    await Promise.all([...this.#streams].map((stream) => stream.stop()));
    await this.log.stop();
  }
}

/** The codes of decisions, each once, in order: `ALLOW`, or `ALLOW KILLED`; `none` without any. */
export function codesOf(decisions: readonly CountedDecision[]): string {
  const codes = new Set(decisions.map(({ decision }) => decision.code));
  return codes.size === 0 ? 'none' : [...codes].sort().join(' ');
}
