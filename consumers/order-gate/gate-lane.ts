import { randomInt } from 'node:crypto';
import { deadLetterKey } from '#contracts/dead-letter.ts';
import type { GatedOrderRecord } from '#contracts/gated-orders.ts';
import { TOPICS } from '#contracts/topics.ts';
import { dayOf } from '#domain/calendar.ts';
import { showControls } from '#domain/controls/applied-controls.ts';
import type { EffectiveControls } from '#domain/controls/applied-controls.ts';
import type { OpenOrder } from '#domain/gate/open-order.ts';
import { Gate } from '#domain/gate/gate.ts';
import type { GateDecision } from '#domain/gate/gate.ts';
import type { GatePolicy } from '#domain/gate/gate-policy.ts';
import type { NewOrder, Order } from '#domain/gate/orders.ts';
import { PartitionShare } from '#domain/gate/partition-share.ts';
import { maintenanceE4 } from '#domain/gate/requirement.ts';
import { ordersToCancel } from '#domain/gate/standing-orders.ts';
import type { Scope } from '#domain/scopes.ts';
import type { Clock } from '#ports/clock.ts';
import type { Logger } from '#ports/logger.ts';
import type { Lane, LaneProcessor } from '#ports/partition-group.ts';
import type { Publisher } from '#ports/publisher.ts';
import type { InboundRecord } from '#ports/records.ts';
import type { ControlFollower } from '../order-path/control-follower.ts';
import type { LastPrices } from '../order-path/last-prices.ts';
import { Accounts } from './accounts.ts';
import { DecisionLog } from './decision-log.ts';
import type { Outgoing } from './decision-log.ts';
import { deadLetterRecord, decisionRecord } from './decision-records.ts';
import type { DecisionContext } from './decision-records.ts';
import { evidenceOf } from './evidence.ts';
import { GateAlerts } from './gate-alerts.ts';
import type { GateMetrics } from './gate-metrics.ts';
import { incomingLiquidation, incomingOrder } from './incoming-order.ts';
import type { Incoming } from './incoming-order.ts';
import { OpenOffsets } from './open-offsets.ts';
import { OrderCancels } from './order-cancels.ts';
import { ParkedLiquidations } from './parked-liquidations.ts';
import type { ParkedLiquidation } from './parked-liquidations.ts';
import { restoreGate } from './restore-gate.ts';
import type { DecidedBefore } from './restore-gate.ts';

const ORDERS = TOPICS.orders.name;
const LIQUIDATIONS = TOPICS.liquidationOrders.name;
const EXECUTIONS = TOPICS.executions.name;
const FIGURES = TOPICS.marginCalc.name;

/** The inputs of a partition number, co-partitioned by account. */
export const GATE_INPUTS = [ORDERS, LIQUIDATIONS, EXECUTIONS, FIGURES] as const;

/** Figures of so many accounts are taken at a time: orders get their turn in between. */
const FIGURES_AT_ONCE = 200;
/** Ids of decided orders that a partition remembers at least (DESIGN 4). */
const DECIDED_IDS_MAX = 200_000;
/** How often a parked liquidation is looked at when nothing happens. */
const PARKED_MS = 50;

/** What a partition of the gate needs of its surroundings. */
export interface GateSurroundings {
  /** One run of one process. */
  readonly process: string;
  readonly partitions: number;
  readonly policy: GatePolicy;
  readonly policyVersion: number;
  /** What decides: the decisions themselves, in order. */
  readonly gated: Publisher;
  /** What follows from decisions: audit, cancels, dead letters, alerts. */
  readonly evidence: Publisher;
  readonly controls: ControlFollower;
  readonly prices: LastPrices;
  /** May anything pass now? */
  readonly isOpen: (now: number) => boolean;
  /** Is the engine that tells this partition's figures alive? */
  readonly figuresFresh: (partition: number, now: number) => boolean;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: GateMetrics;
}

/**
 * The gate of one partition number (DESIGN 18, 19): what comes in goes to the domain's gate, and its
 * decisions out through the log, each with the epoch of this owner. What was decided before is restored
 * from that log: after a crash it alone says what passed.
 */
export class GateLane implements LaneProcessor {
  startAt: ReadonlyMap<string, number> = new Map();
  readonly #lane: Lane;
  readonly #surroundings: GateSurroundings;
  readonly #gate: Gate;
  readonly #share: PartitionShare;
  readonly #accounts: Accounts;
  readonly #log: DecisionLog;
  readonly #alerts: GateAlerts;
  readonly #cancels: OrderCancels;
  readonly #parked = new ParkedLiquidations();
  readonly #pricesE4 = new Map<string, number>();
  readonly #offsets = new Map<string, OpenOffsets>();
  readonly #unsubscribe: (() => void)[] = [];
  #before = new Map<string, DecidedBefore>();
  #epoch = -1;
  #day = '';
  #timer: NodeJS.Timeout | undefined;
  #restored = false;
  #released = false;

  constructor(lane: Lane, surroundings: GateSurroundings) {
    const { gated, evidence, clock, metrics, logger } = surroundings;
    const { partition } = lane;
    this.#lane = lane;
    this.#surroundings = surroundings;
    this.#share = new PartitionShare(partition, surroundings.partitions);
    const policy = this.#share.policyOf(surroundings.policy);
    this.#gate = new Gate(policy, {
      checksCredit: true,
      decidedIdsMax: DECIDED_IDS_MAX,
      hashSeed: randomInt(2 ** 31),
      requirementE4: (positions) => maintenanceE4(positions, this.#pricesE4, policy.margin),
    });
    this.#accounts = new Accounts(this.#gate, ({ topic, offset }, code, reason) => {
      metrics.unreadable.inc({ topic, code });
      logger.error(
        { event: 'unreadable', topic, partition, offset, code, reason },
        'a record that cannot be read is passed over',
      );
    });
    this.#log = new DecisionLog({
      ...{ lane, gated, evidence, clock, metrics },
      onFinished: ({ topic, offset }) => {
        this.#offsets.get(topic)?.finish(offset);
      },
    });
    this.#alerts = new GateAlerts(partition);
    this.#cancels = new OrderCancels(partition);
  }

  get partition(): number {
    return this.#lane.partition;
  }

  isHeld(): boolean {
    return !this.#released;
  }

  /**
   * Does it know every order that may still work here, and has it asked for the cancels of those that may
   * not? Before that it can name no scope with cancels pending, and must not seem to have none.
   */
  knowsItsOrders(): boolean {
    return this.#restored && !this.#released;
  }

  /** May something that it has decided still come through? */
  isSending(): boolean {
    return this.#log.isSending;
  }

  /** Resolves when nothing that was decided until now can come through any more. */
  drained(): Promise<void> {
    return this.#log.drained();
  }

  /** Scopes with orders whose cancel has been asked for and not confirmed. */
  cancelsPending(): Iterable<string> {
    return this.#cancels.pending();
  }

  /** Accepted orders that may still execute. */
  openOrders(): number {
    let count = 0;
    for (const accountId of this.#accounts.ids()) {
      count += [...(this.#gate.exposure(accountId)?.openOrders() ?? [])].length;
    }
    return count;
  }

  /** Takes the partition: marker, then everything that was decided and done before it. */
  async takeOver(): Promise<void> {
    const { process, gated, clock } = this.#surroundings;
    const { partition } = this.#lane;
    const marker: GatedOrderRecord = { kind: 'OWNER', partition, process, ts: clock.now() };
    const topic = TOPICS.gatedOrders.name;
    const value = JSON.stringify(marker);
    const [place] = await gated.publish([{ topic, key: process, partition, value }]);
    if (place === undefined) throw new Error('the broker did not say where the marker lies');
    this.#epoch = place.offset;
    this.#log.begin(place.offset);
    this.#cancels.begin(place.offset);
    const committed = await this.#lane.committedPositions();
    for (const input of [ORDERS, LIQUIDATIONS]) {
      this.#offsets.set(input, new OpenOffsets(committed.get(input) ?? 0));
    }
    const now = clock.now();
    this.#day = dayOf(now);
    this.#followMarket();
    const restored = await restoreGate({
      ...{ lane: this.#lane, gate: this.#gate, accounts: this.#accounts, alerts: this.#alerts },
      ...{ committed, now },
    });
    this.#before = restored.decided;
    this.startAt = restored.startAt;
    this.#cancelWhatMayNotStand(this.#accounts.ids());
    this.#restored = true;
  }

  async onBatch(records: readonly InboundRecord[]): Promise<void> {
    switch (records[0]?.topic) {
      case ORDERS:
      case LIQUIDATIONS:
        await this.#decideAll(records);
        return;
      case EXECUTIONS:
        for (const record of records) this.#takeExecution(record);
        return;
      case FIGURES:
        await this.#takeFigures(records);
        return;
      default:
        return;
    }
  }

  finished(): ReadonlyMap<string, number> {
    return new Map([...this.#offsets].map(([topic, { position }]) => [topic, position]));
  }

  onRelease(): void {
    this.#released = true;
    clearTimeout(this.#timer);
    this.#log.flush();
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
  }

  /** Controls and prices, as they are and as they change. */
  #followMarket(): void {
    const { controls, prices } = this.#surroundings;
    for (const { scope, held } of controls.all()) this.#show(scope, held);
    for (const [symbol, { priceE4 }] of prices.all()) this.#setPrice(symbol, priceE4);
    this.#unsubscribe.push(
      controls.subscribe((scope, held) => {
        this.#show(scope, held);
        const concerned = scope.kind === 'ACCOUNT' ? [scope.id] : this.#accounts.ids();
        this.#cancelWhatMayNotStand(concerned);
      }),
      prices.subscribe((symbol) => {
        const last = prices.get(symbol);
        if (last !== null) this.#setPrice(symbol, last.priceE4);
      }),
    );
  }

  #setPrice(symbol: string, priceE4: number): void {
    this.#pricesE4.set(symbol, priceE4);
    this.#gate.setPrice(symbol, priceE4);
  }

  #show(scope: Scope, held: EffectiveControls): void {
    const maxRatePerSecond = this.#share.rateOf(scope, held.maxRatePerSecond);
    showControls(this.#gate.controls, scope, { ...held, maxRatePerSecond });
  }

  async #decideAll(records: readonly InboundRecord[]): Promise<void> {
    const now = this.#prepare();
    const out: Outgoing[] = [];
    for (const record of records) {
      this.#offsets.get(record.topic)?.read(record.offset);
      const decided = this.#take(record, now);
      if (decided !== null) out.push(decided);
    }
    this.#log.send(out);
    await this.#log.whenRoom();
  }

  /** What a decision at this moment rests on. */
  #prepare(): number {
    const { clock, isOpen, figuresFresh } = this.#surroundings;
    const now = clock.now();
    const day = dayOf(now);
    if (day !== this.#day) {
      this.#day = day;
      this.#gate.startDay();
    }
    this.#gate.controls.fresh = isOpen(now);
    this.#gate.figuresFresh = figuresFresh(this.partition, now);
    return now;
  }

  /** null: an earlier owner has decided it, or it waits for cancels. */
  #take(record: InboundRecord, now: number): Outgoing | null {
    const eventId = deadLetterKey(record);
    const isLiquidation = record.topic === LIQUIDATIONS;
    const incoming = isLiquidation
      ? incomingLiquidation(record, eventId)
      : incomingOrder(record, eventId);
    const before = this.#before.get(eventId);
    if (before !== undefined) {
      this.#before.delete(eventId);
      this.#tellAgain(record, incoming, before);
      return null;
    }
    if (incoming.is === 'FAULTY') return this.#refuseFaulty(record, incoming, now);
    const { order, corrId } = incoming;
    if (isLiquidation && order.type === 'NEW' && this.#park({ record, order, corrId }, now)) {
      return null;
    }
    return this.#decide(record, order, corrId, now);
  }

  #decide(record: InboundRecord, order: Order, corrId: string, now: number): Outgoing {
    const { prices, controls } = this.#surroundings;
    const sources = { gate: this.#gate, accounts: this.#accounts, prices, controls };
    const evidence = evidenceOf(sources, order);
    const decided = this.#gate.decide(order, now);
    const context = { ...this.#context(now), evidence, corrId };
    const decision = decisionRecord(record, order, decided, context);
    const follows = this.#alerts.of(order, decision, decided.alerts);
    return { record, decision, accountId: order.accountId, follows };
  }

  #refuseFaulty(
    record: InboundRecord,
    { verdict, letter: refusal, accountId, corrId }: Extract<Incoming, { is: 'FAULTY' }>,
    now: number,
  ): Outgoing {
    const decided: GateDecision = { verdict, alerts: [], accepted: null };
    const { letter, outbound } = deadLetterRecord(record, refusal, now);
    this.#surroundings.metrics.deadLetters.inc({ topic: record.topic, code: letter.code });
    const context = { ...this.#context(now), evidence: null, corrId };
    const decision = decisionRecord(record, null, decided, context);
    return { record, decision, accountId, follows: [outbound] };
  }

  /** What a crash may have swallowed follows from the record and from what was decided on it. */
  #tellAgain(
    record: InboundRecord,
    incoming: Incoming,
    { decision, offset, accountId, alerts }: DecidedBefore,
  ): void {
    const follows =
      incoming.is === 'FAULTY'
        ? [deadLetterRecord(record, incoming.letter, decision.ts).outbound]
        : alerts;
    this.#log.tellAgain({ record, decision, accountId, follows }, offset);
  }

  #context(now: number): Omit<DecisionContext, 'evidence' | 'corrId'> {
    const { policy, policyVersion } = this.#surroundings;
    return { epoch: this.#epoch, policy, policyVersion, now };
  }

  #takeExecution(record: InboundRecord): void {
    const read = this.#accounts.readExecution(record);
    if (read === null) return;
    const { accountId, execution, isTerminal } = read;
    this.#accounts.open(accountId).execution(execution);
    if (isTerminal) this.#cancels.over(accountId, execution.orderId);
    this.#cancelWhatMayNotStand([accountId]);
    this.#lookAtParked();
  }

  async #takeFigures(records: readonly InboundRecord[]): Promise<void> {
    for (let from = 0; from < records.length; from += FIGURES_AT_ONCE) {
      for (const record of records.slice(from, from + FIGURES_AT_ONCE)) {
        this.#accounts.takeFigures(record);
        // A position that has shrunk elsewhere may no longer cover what reduced it under close-only.
        if (record.key !== null) this.#cancelWhatMayNotStand([record.key]);
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Before a slice that may pass the customer's working orders in its symbol go (RULES, Liquidation). */
  #park(waiting: Omit<ParkedLiquidation, 'reserves'>, now: number): boolean {
    const { order } = waiting;
    if (this.#parked.has(order.accountId, order.orderId)) {
      // It came once more: its turn is after the one that waits, and it takes no place from anybody.
      this.#parked.add({ ...waiting, reserves: false }, now);
      return true;
    }
    const own = this.#customersOrders(order);
    if (own.length === 0 || this.#gate.isOver(order, now)) return false;
    this.#cancel(order.accountId, own, [], 'a liquidation comes first');
    this.#parked.add({ ...waiting, reserves: this.#reserve(order) }, now);
    this.#lookLater();
    return true;
  }

  /** What waits has its shares already: an order that the customer sends meanwhile must fit beside them. */
  #reserve(order: NewOrder): boolean {
    const exposure = this.#gate.exposure(order.accountId);
    if (exposure === undefined) return false;
    if (exposure.openOrder(order.symbol, order.orderId) !== undefined) return false;
    exposure.accept(order, { referencePriceE4: order.priceE4, adversePriceE4: 0 });
    return true;
  }

  #customersOrders({ accountId, symbol }: NewOrder): OpenOrder[] {
    const exposure = this.#gate.exposure(accountId);
    return [...(exposure?.openOrders() ?? [])].filter(
      (open) => open.symbol === symbol && !open.liquidation,
    );
  }

  #lookLater(): void {
    if (this.#released || this.#timer !== undefined || this.#parked.size === 0) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#lookAtParked();
    }, PARKED_MS);
  }

  /** Sends the slices whose cancels are confirmed, or that have waited long enough. */
  #lookAtParked(): void {
    if (this.#parked.size === 0 || this.#released) return;
    const now = this.#prepare();
    const ready = this.#parked.take(now, (order) => this.#customersOrders(order).length === 0);
    for (const { order, reserves } of ready) {
      if (reserves)
        this.#gate.exposure(order.accountId)?.execute(order.symbol, 0, order.orderId, 0);
    }
    this.#log.send(
      ready.map(({ record, order, corrId }) =>
        this.#decide(record, this.#withinPosition(order), corrId, now),
      ),
    );
    this.#lookLater();
  }

  /** A slice that waited in vain is reduced by what may still execute (RULES, Liquidation). */
  #withinPosition(order: NewOrder): NewOrder {
    const exposure = this.#gate.exposure(order.accountId);
    const effect = exposure?.effectOf(order.symbol, order.side, order.qtyE4);
    if (effect === undefined || effect.reducesE4 === 0) return order;
    return { ...order, qtyE4: effect.reducesE4 };
  }

  #cancelWhatMayNotStand(accountIds: Iterable<string>): void {
    for (const accountId of accountIds) {
      const exposure = this.#gate.exposure(accountId);
      if (exposure === undefined) continue;
      for (const { order, scopes } of ordersToCancel(this.#gate.controls, accountId, exposure)) {
        // The venue has not heard of it: it is refused here when its turn comes.
        if (order.liquidation && this.#parked.has(accountId, order.orderId)) continue;
        this.#cancel(accountId, [order], scopes, `${String(scopes[0])} is restricted`);
      }
    }
  }

  #cancel(
    accountId: string,
    orders: readonly OpenOrder[],
    scopes: readonly string[],
    reason: string,
  ): void {
    const { clock, evidence } = this.#surroundings;
    const records = this.#cancels.ask(accountId, orders, { scopes, reason, now: clock.now() });
    if (records.length === 0 || this.#released) return;
    evidence.publish(records).catch((error: unknown) => {
      this.#lane.fail(error);
    });
  }
}
