import { Partitioners } from 'kafkajs';
import type { Kafka, Producer } from 'kafkajs';
import type { Publisher } from '#ports/publisher.ts';
import type { OutboundRecord, RecordPosition } from '#ports/records.ts';
import { createKafka } from './client.ts';
import type { KafkaSurroundings } from './client.ts';
import { asError, isPassingTrouble, KafkaTroubleError } from './kafka-trouble.ts';
import { sendAll } from './send-all.ts';
import { settledWithin } from './settled-within.ts';

/** A publisher that owns its connection. */
export interface OwnedPublisher extends Publisher {
  close(): Promise<void>;
}

/** A send is given up after this long. What it was to write may come all the same: at least once. */
const SEND_MS_MAX = 10_000;
/** So many records wait at most; what comes then is rejected at once. */
const WAITING_RECORDS_MAX = 100_000;
/** What waits goes out together, up to this much. */
const RECORDS_PER_TURN_MAX = 10_000;
/** Each try of kafkajs tries to connect in turn: few of both, so that nothing comes long afterwards. */
const PUBLISH_RETRY = {
  initialRetryTime: 50,
  multiplier: 1.5,
  factor: 0.2,
  maxRetryTime: 500,
  retries: 8,
};
const CONNECT_PAUSE_MS = 500;

/** An idempotent producer that is acknowledged by all in-sync replicas. */
export async function createPublisher(
  surroundings: KafkaSurroundings,
  partitions: number,
): Promise<OwnedPublisher> {
  const publisher = new KafkaPublisher(surroundings, partitions);
  await publisher.connect();
  return publisher;
}

interface Waiting {
  readonly records: readonly OutboundRecord[];
  readonly resolve: (positions: RecordPosition[]) => void;
  readonly reject: (error: Error) => void;
}

/**
 * One send at a time, with what has come meanwhile, and a new producer after each that failed: kafkajs
 * gives the sequence numbers of a send without an answer to the next one, which the broker then takes
 * for a duplicate, and acknowledges without keeping it.
 */
class KafkaPublisher implements OwnedPublisher {
  readonly #surroundings: KafkaSurroundings;
  readonly #partitions: number;
  readonly #kafka: Kafka;
  #producer: Producer;
  #waiting: Waiting[] = [];
  #waitingRecords = 0;
  #connected = false;
  #busy = false;
  #sending: Promise<void> = Promise.resolve();

  constructor(surroundings: KafkaSurroundings, partitions: number) {
    this.#surroundings = surroundings;
    this.#partitions = partitions;
    this.#kafka = createKafka(surroundings, PUBLISH_RETRY);
    this.#producer = this.#create();
  }

  /** Waits for a broker that is not there yet. */
  async connect(): Promise<void> {
    for (;;) {
      try {
        await this.#connect();
        return;
      } catch (error) {
        if (!isPassingTrouble(error)) throw error;
        await new Promise((resolve) => setTimeout(resolve, CONNECT_PAUSE_MS));
      }
    }
  }

  publish(records: readonly OutboundRecord[]): Promise<RecordPosition[]> {
    return new Promise((resolve, reject) => {
      if (this.#waitingRecords + records.length > WAITING_RECORDS_MAX) {
        reject(
          new KafkaTroubleError(`${this.#waitingRecords} records wait for the broker already`),
        );
        return;
      }
      this.#waiting.push({ records, resolve, reject });
      this.#waitingRecords += records.length;
      if (!this.#busy) this.#sending = this.#sendWaiting();
    });
  }

  async close(): Promise<void> {
    await this.#sending;
    await this.#producer.disconnect();
  }

  async #sendWaiting(): Promise<void> {
    this.#busy = true;
    for (let turn = this.#nextTurn(); turn.length > 0; turn = this.#nextTurn()) {
      await this.#sendTurn(turn);
    }
    this.#busy = false;
  }

  #nextTurn(): Waiting[] {
    let count = 0;
    let records = 0;
    for (const waiting of this.#waiting) {
      if (count > 0 && records + waiting.records.length > RECORDS_PER_TURN_MAX) break;
      count += 1;
      records += waiting.records.length;
    }
    this.#waitingRecords -= records;
    return this.#waiting.splice(0, count);
  }

  async #sendTurn(turn: readonly Waiting[]): Promise<void> {
    try {
      const positions = await this.#send(turn.flatMap(({ records }) => records));
      let from = 0;
      for (const { records, resolve } of turn) {
        resolve(positions.slice(from, from + records.length));
        from += records.length;
      }
    } catch (thrown) {
      const error = asError(thrown);
      this.#replaceProducer();
      const [first] = turn;
      if (turn.length === 1 || isPassingTrouble(error)) {
        for (const { reject } of turn) reject(error);
      } else if (first !== undefined) {
        // One of them cannot be written: the others must not suffer for it.
        await this.#sendTurn([first]);
        await this.#sendTurn(turn.slice(1));
      }
    }
  }

  async #send(records: readonly OutboundRecord[]): Promise<RecordPosition[]> {
    const sending = this.#connectAndSend(records);
    if (await settledWithin(SEND_MS_MAX, sending)) return sending;
    throw new KafkaTroubleError(`the broker did not acknowledge within ${SEND_MS_MAX} ms`);
  }

  async #connectAndSend(records: readonly OutboundRecord[]): Promise<RecordPosition[]> {
    await this.#connect();
    return sendAll(this.#producer, records, this.#surroundings.topicPrefix, this.#partitions);
  }

  async #connect(): Promise<void> {
    const producer = this.#producer;
    if (this.#connected) return;
    await producer.connect();
    if (producer === this.#producer) this.#connected = true;
  }

  #replaceProducer(): void {
    this.#producer.disconnect().catch((error: unknown) => {
      const reason = asError(error).message;
      this.#surroundings.logger.debug({ error: reason }, 'a producer did not disconnect cleanly');
    });
    this.#producer = this.#create();
    this.#connected = false;
  }

  #create(): Producer {
    return this.#kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
      retry: PUBLISH_RETRY,
    });
  }
}
