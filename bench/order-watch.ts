import type { ControlCommandRecord } from '#contracts/control-commands.ts';
import { TOPICS } from '#contracts/topics.ts';
import type { LeaseWord, PlacedCommand } from '#test/effective-at.ts';
import { LEDGER_TOPICS, OrderLedger } from '#test/order-ledger.ts';
import type { Reconciliation } from '#test/order-ledger.ts';
import { WrongResultError } from './benchmark.ts';
import type { Seen, Watch } from './watch.ts';
import { countText } from './words.ts';

/** Orders, what became of them, and what stops them, as the topics have it. */
export class OrderWatch {
  readonly ledger = new OrderLedger();
  readonly leases: LeaseWord[] = [];
  readonly commands: (PlacedCommand & { readonly record: ControlCommandRecord })[] = [];
  /** Scopes of which the order monitor has told. */
  readonly signalled = new Set<string>();
  readonly #watch: Watch;
  readonly #arrivals = new Map<string, number[]>();

  constructor(watch: Watch) {
    this.#watch = watch;
  }

  async follow(): Promise<void> {
    const { name: commands } = TOPICS.controlCommands;
    const { name: leases } = TOPICS.gateLeases;
    const { name: signals } = TOPICS.riskSignals;
    await this.#watch.start([...LEDGER_TOPICS, commands, leases, signals], (seen) => {
      this.#take(seen);
    });
  }

  until(timeoutMs: number, holds: () => boolean): Promise<boolean> {
    return this.#watch.until(timeoutMs, holds);
  }

  /** Resolves when everything that the topics hold now has been read. */
  caughtUp(): Promise<void> {
    return this.#watch.caughtUp();
  }

  /** When each order of an account came in, by the broker's clock, Unix ms. */
  arrivalsOf(accountId: string): readonly number[] {
    return this.#arrivals.get(accountId) ?? [];
  }

  /** What came of so many orders, once each has its decision and audit. Throws WrongResultError. */
  async reconciled(orders: number, timeoutMs: number): Promise<Reconciliation> {
    const all = await this.until(timeoutMs, () => this.ledger.settled() >= orders);
    // What a gate still writes that has lost its partition is void; it has to be read to be counted so.
    await this.#watch.caughtUp();
    const reckoning = this.ledger.reconcile();
    const { wrong } = reckoning;
    if (!all || reckoning.orders !== orders || wrong.length > 0) {
      const said = [`${countText(reckoning.orders)} of ${countText(orders)} orders`, ...wrong];
      throw new WrongResultError(said.join('; '));
    }
    return reckoning;
  }

  #take({ record }: Seen): void {
    this.ledger.take(record);
    const { topic, partition, offset, timestamp: at } = record;
    const json = (): unknown => JSON.parse(String(record.value));
    switch (topic) {
      case TOPICS.orders.name: {
        const arrivals = this.#arrivals.get(record.key ?? '') ?? [];
        this.#arrivals.set(record.key ?? '', arrivals);
        arrivals.push(at);
        break;
      }
      case TOPICS.controlCommands.name:
        this.commands.push({
          ...{ partition, offset, at },
          record: TOPICS.controlCommands.schema.parse(json()),
        });
        break;
      case TOPICS.riskSignals.name:
        this.signalled.add(record.key ?? '');
        break;
      case TOPICS.gateLeases.name:
        this.leases.push({ lease: TOPICS.gateLeases.schema.parse(json()), at });
        break;
    }
  }
}

/** `100,000 in = 99,000 allowed + 0 dropped + 0 throttled + 0 duplicate + 1,000 rejected`. */
export function reckoningText({ orders, decided }: Reconciliation): string {
  const { ALLOW, DROP, THROTTLE, DUPLICATE, REJECT } = decided;
  const parts = [
    `${countText(ALLOW)} allowed`,
    `${countText(DROP)} dropped`,
    `${countText(THROTTLE)} throttled`,
    `${countText(DUPLICATE)} duplicate`,
    `${countText(REJECT)} rejected`,
  ];
  return `${countText(orders)} in = ${parts.join(' + ')}`;
}
