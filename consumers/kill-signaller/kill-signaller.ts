import { setTimeout as sleep } from 'node:timers/promises';
import { restrictionSchema } from '#contracts/case-events.ts';
import { controlCommandSchema } from '#contracts/control-commands.ts';
import type { LoggedNews } from '#contracts/control-messages.ts';
import { deadLetterKey, encodeDeadLetter } from '#contracts/dead-letter.ts';
import type { Refusal } from '#contracts/dead-letter.ts';
import { decodeRecord } from '#contracts/decode-record.ts';
import { deadLetterTopicName, TOPICS } from '#contracts/topics.ts';
import type { Clock } from '#ports/clock.ts';
import type { ConsumerGroup } from '#ports/consumer-group.ts';
import type { ControlSignals } from '#ports/kill-switches.ts';
import type { Logger } from '#ports/logger.ts';
import type { Publisher } from '#ports/publisher.ts';
import type { Readiness } from '#ports/readiness.ts';
import type { InboundRecord } from '#ports/records.ts';
import type { KillSignallerMetrics } from './signaller-metrics.ts';

/** What it reads: commands by scope, and what margin cases put on and take off. */
export const KILL_SIGNALLER_TOPICS = [
  TOPICS.controlCommands.name,
  TOPICS.restrictions.name,
] as const;

const RETRY_MS_MIN = 100;
const RETRY_MS_MAX = 2_000;

/** Who refused, in the dead letters. */
const NAME = 'kill-signaller';

export interface KillSignallerParts {
  readonly group: ConsumerGroup;
  readonly scopes: ControlSignals;
  /** The partition number of a key. */
  readonly partitionOf: (key: string) => number;
  readonly publisher: Publisher;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: KillSignallerMetrics;
}

/** Something to tell a scope. */
interface News {
  readonly scope: string;
  readonly news: LoggedNews;
}

/**
 * Tells each scope's workflow that killswitch.commands.v1 asks something of it, or that a margin case
 * put something on its account or took it off: at least once, and only where it lies, for the scope
 * reads it there. A batch is committed only when all scopes of it are told. Gates need none of this to
 * stop: they read the commands themselves (DESIGN 15).
 */
export class KillSignaller {
  readonly #parts: KillSignallerParts;
  #outage: string | null = null;
  #stopped = false;

  constructor(parts: KillSignallerParts) {
    this.#parts = parts;
  }

  /** Resolves when it takes part in the group. */
  async start(): Promise<void> {
    await this.#parts.group.run(KILL_SIGNALLER_TOPICS, (records) => this.#take(records));
  }

  /** Not ready while the server takes no signals. */
  ready(): Readiness {
    if (this.#outage === null) return { ready: true };
    return { ready: false, reason: `Temporal does not take signals: ${this.#outage}` };
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#parts.group.stop();
  }

  /** Scopes side by side, each in its order. */
  async #take(records: readonly InboundRecord[]): Promise<void> {
    /** A batch is of one partition: who hears of the last record reads those before it too. */
    const last = new Map<string, LoggedNews>();
    for (const record of records) {
      const found = this.#newsIn(record);
      if ('code' in found) await this.#refuse(record, found);
      else last.set(found.scope, found.news);
    }
    await Promise.all([...last].map(([scope, news]) => this.#tell(scope, news)));
  }

  #newsIn({ topic, partition, value, key, offset }: InboundRecord): News | Refusal {
    if (topic === TOPICS.restrictions.name) {
      const decoded = decodeRecord(restrictionSchema, value, key);
      if (!decoded.ok) return decoded.refusal;
      const scope = `ACCOUNT:${decoded.record.account_id}`;
      return { scope, news: { type: 'LOGGED', topic: TOPICS.restrictions.name, offset } };
    }
    const decoded = decodeRecord(controlCommandSchema, value, null);
    if (!decoded.ok) return decoded.refusal;
    const { scope } = decoded.record;
    if (scope !== key) {
      return { code: 'WRONG_KEY', reason: `the key is ${String(key)}, the scope ${scope}` };
    }
    const own = this.#parts.partitionOf(scope);
    if (own !== partition) {
      // A scope's epoch is an offset of its own partition: one of another compares with nothing.
      const reason = `it lies in partition ${String(partition)}, the scope's is ${String(own)}: hash keys with murmur2`;
      return { code: 'WRONG_KEY', reason };
    }
    return { scope, news: { type: 'LOGGED', topic: TOPICS.controlCommands.name, offset } };
  }

  /** Until the server has taken it. */
  async #tell(scope: string, news: LoggedNews): Promise<void> {
    const { scopes, metrics, logger } = this.#parts;
    for (let pauseMs = RETRY_MS_MIN; ; pauseMs = Math.min(pauseMs * 2, RETRY_MS_MAX)) {
      // What is not told is not committed: it comes again to whoever takes the partition.
      if (this.#stopped) await new Promise<never>(() => undefined);
      try {
        await scopes.deliver(scope, news);
        this.#outage = null;
        metrics.signals.inc({ outcome: 'delivered' });
        return;
      } catch (error) {
        this.#outage = error instanceof Error ? error.message : String(error);
        metrics.signals.inc({ outcome: 'failed' });
        logger.warn({ event: 'signal_failed', scope, err: error }, 'a scope could not be told');
        await sleep(pauseMs);
      }
    }
  }

  /** A bad command is evidence; restrictions.v1 is the product's own and has no dead letters. */
  async #refuse(record: InboundRecord, refusal: Refusal): Promise<void> {
    const { publisher, clock, logger, metrics } = this.#parts;
    const { topic, partition, offset } = record;
    metrics.refused.inc({ topic, code: refusal.code });
    logger.error({ topic, partition, offset, ...refusal }, 'a record is passed over');
    if (topic !== TOPICS.controlCommands.name) return;
    const letter = encodeDeadLetter(record, refusal, NAME, clock.now());
    await publisher.publish([
      {
        topic: deadLetterTopicName(topic),
        key: deadLetterKey(record),
        value: JSON.stringify(letter),
      },
    ]);
  }
}
