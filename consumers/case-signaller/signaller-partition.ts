import { executionSchema } from '#contracts/case-events.ts';
import { caseFiguresOf, executionEvent } from '#contracts/case-messages.ts';
import type { Refusal } from '#contracts/dead-letter.ts';
import { decodeRecord } from '#contracts/decode-record.ts';
import { marginCalcSchema } from '#contracts/margin-figures.ts';
import { TOPICS } from '#contracts/topics.ts';
import type { CaseFigures } from '#domain/case-figures.ts';
import type { AcknowledgedFigures } from '#domain/edges.ts';
import type { Policy } from '#domain/policy.ts';
import type { Clock } from '#ports/clock.ts';
import type { Logger } from '#ports/logger.ts';
import type { FencedWriter, PartitionProcessor } from '#ports/partition-owner.ts';
import type { InboundRecord } from '#ports/records.ts';
import { AccountWatch } from './account-watch.ts';
import { OffsetLedger } from './offset-ledger.ts';
import type { ExecutionJob, FiguresLine, SignalDispatcher } from './signal-dispatcher.ts';
import type { SignallerMetrics } from './signaller-metrics.ts';

const FIGURES = TOPICS.marginCalc.name;
const EXECUTIONS = TOPICS.executions.name;

const COMMIT_INTERVAL_MS = 1_000;
/** Reading of executions pauses while so many of the partition wait for their cases. */
const EXECUTIONS_WAITING_MAX = 5_000;
const WAITING_POLL_MS = 50;

/** What a partition of the signaller needs of its surroundings. */
export interface SignallerSurroundings {
  readonly dispatcher: SignalDispatcher;
  readonly policy: Policy;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: SignallerMetrics;
}

/** Takes a partition over: learns the last figures of all its accounts. Cases are asked by the sweep. */
export async function takeOverSignallerPartition(
  writer: FencedWriter,
  surroundings: SignallerSurroundings,
): Promise<SignallerPartition> {
  const partition = new SignallerPartition(writer, surroundings);
  await writer.readToEnd(FIGURES, (records) => {
    for (const record of records) partition.remember(record);
  });
  return partition;
}

/** One partition number of margin.calc.v1 and executions.v1: its accounts, what they were told, its offsets. */
export class SignallerPartition implements PartitionProcessor {
  readonly #writer: FencedWriter;
  readonly #surroundings: SignallerSurroundings;
  readonly #lines = new Map<string, PartitionLine>();
  readonly #figuresLedger = new OffsetLedger<PartitionLine>();
  readonly #executionsLedger = new OffsetLedger<ExecutionJob>();
  readonly #read = new Map<string, number>();
  readonly #committed = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;
  #swept = false;
  #released = false;

  constructor(writer: FencedWriter, surroundings: SignallerSurroundings) {
    this.#writer = writer;
    this.#surroundings = surroundings;
    for (const topic of [FIGURES, EXECUTIONS]) {
      this.#read.set(topic, writer.committedPosition(topic));
      this.#committed.set(topic, writer.committedPosition(topic));
    }
    this.#timer = setInterval(() => {
      this.commit().catch((error: unknown) => {
        // The owner has been told and gives the partition up: its next owner reads again.
        surroundings.logger.warn({ error: String(error) }, 'offsets were not committed');
      });
    }, COMMIT_INTERVAL_MS);
  }

  get number(): number {
    return this.#writer.partition;
  }

  hasAccount(accountId: string): boolean {
    return this.#lines.has(accountId);
  }

  get isReleased(): boolean {
    return this.#released;
  }

  /** Takes a record of margin.calc.v1 as what is known, without telling anybody; null: nothing new. */
  remember(record: InboundRecord): PartitionLine | null {
    const decoded = decodeRecord(marginCalcSchema, record.value, record.key);
    if (!decoded.ok) {
      this.#unreadable(record, decoded.refusal);
      return null;
    }
    const { account_id: accountId } = decoded.record;
    const figures = caseFiguresOf(decoded.record, this.#surroundings.policy);
    const known = this.#lines.get(accountId);
    if (known !== undefined) {
      return known.watch.observe(figures, this.#surroundings.policy) ? known : null;
    }
    const line = new PartitionLine(new AccountWatch(accountId, figures), this);
    this.#lines.set(accountId, line);
    return line;
  }

  async onBatch(records: readonly InboundRecord[]): Promise<void> {
    for (const record of records) {
      if (record.topic === FIGURES) this.#takeFigures(record);
      else this.#takeExecution(record);
      this.#read.set(record.topic, record.offset + 1);
    }
    while (this.#executionsLedger.size > EXECUTIONS_WAITING_MAX && !this.#released) {
      await new Promise((resolve) => setTimeout(resolve, WAITING_POLL_MS));
    }
  }

  onPosition(topic: string, position: number): void {
    this.#read.set(topic, Math.max(position, this.#read.get(topic) ?? 0));
  }

  onRelease(): void {
    this.#released = true;
    clearInterval(this.#timer);
  }

  /**
   * Compares every account that was not told after `settledAt` (Unix ms) with what its case
   * acknowledged; null when the cases could not be asked: then all that is not healthy is told.
   */
  sweep(acknowledged: ReadonlyMap<string, AcknowledgedFigures> | null, settledAt: number): void {
    const { policy, metrics, dispatcher } = this.#surroundings;
    if (acknowledged !== null) {
      for (const line of this.#lines.values()) {
        const known = acknowledged.get(line.accountId) ?? null;
        const reason = line.watch.swept(known, policy, settledAt);
        if (reason === null) continue;
        metrics.healed.inc({ reason });
        dispatcher.tell(line);
      }
    }
    this.#swept = true;
    for (const line of this.#figuresLedger.keys()) this.consider(line);
  }

  /** Commits what is settled. */
  async commit(): Promise<void> {
    if (this.#released) return;
    const consumed = [
      { topic: FIGURES, position: this.#figuresLedger.position(this.#read.get(FIGURES) ?? 0) },
      {
        topic: EXECUTIONS,
        position: this.#executionsLedger.position(this.#read.get(EXECUTIONS) ?? 0),
      },
    ].filter(({ topic, position }) => position > (this.#committed.get(topic) ?? 0));
    if (consumed.length === 0) return;
    await this.#writer.transact(() => Promise.resolve(), consumed);
    for (const { topic, position } of consumed) this.#committed.set(topic, position);
  }

  /** Has the account news, tell it; else its offsets are settled. */
  consider(line: PartitionLine): void {
    // Before the first sweep nobody knows what the cases were told before the restart.
    if (!this.#swept || this.#released || line.isUnderWay) return;
    if (line.watch.news(this.#surroundings.policy) === null) this.#figuresLedger.settled(line);
    else this.#surroundings.dispatcher.tell(line);
  }

  /** The line's news as it goes out, or null when there is none any more. */
  begin(line: PartitionLine): ReturnType<AccountWatch['news']> {
    const news = this.#released ? null : line.watch.begin(this.#surroundings.policy);
    if (news === null) this.#figuresLedger.settled(line);
    else this.#figuresLedger.sent(line);
    return news;
  }

  delivered(line: PartitionLine, figures: CaseFigures): void {
    const { policy, clock } = this.#surroundings;
    line.watch.delivered(figures, policy, clock.now());
    this.#figuresLedger.acknowledged(line);
    this.consider(line);
  }

  failed(line: PartitionLine): void {
    line.watch.failed();
    this.#figuresLedger.failed(line);
  }

  #takeFigures(record: InboundRecord): void {
    const line = this.remember(record);
    if (line === null) return;
    this.#figuresLedger.waits(line, record.offset);
    this.consider(line);
  }

  #takeExecution(record: InboundRecord): void {
    const decoded = decodeRecord(executionSchema, record.value, record.key);
    if (!decoded.ok) {
      this.#unreadable(record, decoded.refusal);
      return;
    }
    const event = executionEvent(decoded.record);
    if (event === null) return;
    const job: ExecutionJob = {
      accountId: decoded.record.account_id,
      event,
      wanted: () => !this.#released,
      delivered: () => {
        this.#executionsLedger.settled(job);
      },
    };
    this.#executionsLedger.waits(job, record.offset);
    this.#surroundings.dispatcher.tellExecution(job);
  }

  /** Our own topics: a record that cannot be read is a defect of its writer; the others go on. */
  #unreadable(record: InboundRecord, { code, reason }: Refusal): void {
    const { topic, partition, offset } = record;
    this.#surroundings.metrics.unreadable.inc({ topic, code });
    this.#surroundings.logger.error(
      { event: 'unreadable', topic, partition, offset, code, reason },
      'a record could not be read and is skipped',
    );
  }
}

/** An account of a partition on its way to its case. */
class PartitionLine implements FiguresLine {
  readonly watch: AccountWatch;
  readonly #partition: SignallerPartition;
  #underWay: CaseFigures | null = null;

  constructor(watch: AccountWatch, partition: SignallerPartition) {
    this.watch = watch;
    this.#partition = partition;
  }

  get accountId(): string {
    return this.watch.accountId;
  }

  get deficiencyE4(): number {
    return this.watch.deficiencyE4;
  }

  get isUnderWay(): boolean {
    return this.#underWay !== null;
  }

  begin(): ReturnType<FiguresLine['begin']> {
    const news = this.#partition.begin(this);
    if (news === null) return null;
    this.#underWay = news.figures;
    return { reason: news.reason, event: { type: 'FIGURES', figures: news.figures } };
  }

  delivered(): void {
    const figures = this.#underWay;
    this.#underWay = null;
    if (figures !== null) this.#partition.delivered(this, figures);
  }

  failed(): void {
    this.#underWay = null;
    this.#partition.failed(this);
  }
}
