import type { ControlCommandRecord } from '#contracts/control-commands.ts';
import { TOPICS } from '#contracts/topics.ts';
import type { LeaseWord, PlacedCommand } from '#test/effective-at.ts';
import { LEDGER_TOPICS, OrderLedger } from '#test/order-ledger.ts';
import type { Reconciliation } from '#test/order-ledger.ts';
import { WrongResultError } from './benchmark.ts';
import type { InboundRecord } from '#ports/records.ts';
import type { Watch } from './watch.ts';
import { countText } from './words.ts';

interface Told {
  readonly ledger: OrderLedger;
  readonly leases: LeaseWord[];
  readonly commands: (PlacedCommand & { readonly record: ControlCommandRecord })[];
  readonly signalled: Set<string>;
  readonly arrivals: Map<string, number[]>;
}

/**
 * Orders, what became of them, and what stops them, as the topics have it. It only keeps what comes until
 * somebody asks: read at once, it would take from what is measured a quarter of a core.
 */
export class OrderWatch {
  readonly #watch: Watch;
  #unread: InboundRecord[] = [];
  readonly #told: Told = {
    ledger: new OrderLedger(),
    leases: [],
    commands: [],
    signalled: new Set(),
    arrivals: new Map(),
  };

  constructor(watch: Watch) {
    this.#watch = watch;
  }

  async follow(): Promise<void> {
    const { name: commands } = TOPICS.controlCommands;
    const { name: leases } = TOPICS.gateLeases;
    const { name: signals } = TOPICS.riskSignals;
    await this.#watch.start([...LEDGER_TOPICS, commands, leases, signals], ({ record }) => {
      this.#unread.push(record);
    });
  }

  get ledger(): OrderLedger {
    return this.#read().ledger;
  }

  get leases(): readonly LeaseWord[] {
    return this.#read().leases;
  }

  get commands(): Told['commands'] {
    return this.#read().commands;
  }

  /** Scopes of which the order monitor has told. */
  get signalled(): ReadonlySet<string> {
    return this.#read().signalled;
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
    return this.#read().arrivals.get(accountId) ?? [];
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

  #read(): Told {
    const unread = this.#unread;
    this.#unread = [];
    for (const record of unread) take(this.#told, record);
    return this.#told;
  }
}

function take(
  { ledger, leases, commands, signalled, arrivals }: Told,
  record: InboundRecord,
): void {
  ledger.take(record);
  const { topic, partition, offset, timestamp: at } = record;
  const key = record.key ?? '';
  const json = (): unknown => JSON.parse(String(record.value));
  switch (topic) {
    case TOPICS.orders.name: {
      const ofAccount = arrivals.get(key) ?? [];
      arrivals.set(key, ofAccount);
      ofAccount.push(at);
      break;
    }
    case TOPICS.controlCommands.name:
      commands.push({
        ...{ partition, offset, at },
        record: TOPICS.controlCommands.schema.parse(json()),
      });
      break;
    case TOPICS.riskSignals.name:
      signalled.add(key);
      break;
    case TOPICS.gateLeases.name:
      leases.push({ lease: TOPICS.gateLeases.schema.parse(json()), at });
      break;
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
