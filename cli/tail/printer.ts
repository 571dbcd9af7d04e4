import type { InboundRecord } from '#ports/records.ts';
import type { Paint } from '../account-text.ts';
import { accountOf, recordLine } from './record-line.ts';
import type { TailedRecord } from './record-line.ts';
import { shortName } from './topic-names.ts';

/** Records wait for one another so long, ms, and at most so many: then they go out in the order of their time. */
const HOLD_MS = 200;
const HELD_MAX = 50_000;

interface PrinterOptions {
  /** Only what is about this account. */
  readonly account?: string;
  /** The end after so many records. */
  readonly max?: number;
  /** An object a line instead of words. */
  readonly json: boolean;
}

/** Prints records in the order of their time, until it has printed as many as were asked for. */
export class Printer {
  readonly #options: PrinterOptions;
  readonly #paint: Paint;
  readonly #write: (text: string) => void;
  readonly #topicWidth: number;
  #printed = 0;
  #ended = false;
  #held: InboundRecord[] = [];
  #timer: NodeJS.Timeout | undefined;
  onEnd: () => void = () => undefined;

  constructor(
    topics: readonly string[],
    options: PrinterOptions,
    paint: Paint,
    write: (text: string) => void,
  ) {
    this.#options = options;
    this.#paint = paint;
    this.#write = write;
    this.#topicWidth = Math.max(...topics.map((name) => shortName(name).length));
  }

  /** Partitions and topics come one by one: records wait for one another for a moment. */
  take(records: readonly InboundRecord[]): void {
    for (const record of records) this.#held.push(record);
    if (this.#held.length > HELD_MAX) this.#release();
  }

  /** What lies there already is here: from now on records wait only for a moment. */
  begin(): void {
    if (this.#ended) return;
    this.#release();
    this.#timer = setInterval(() => this.#release(), HOLD_MS);
  }

  /** Prints what it still holds, and no more. */
  end(): void {
    clearInterval(this.#timer);
    this.#release();
    this.#ended = true;
    this.onEnd();
  }

  #release(): void {
    const held = this.#held;
    this.#held = [];
    this.#print(held.sort((a, b) => a.timestamp - b.timestamp));
  }

  #print(records: readonly InboundRecord[]): void {
    let text = '';
    for (const inbound of records) {
      const record = { ...inbound, content: contentOf(inbound.value) };
      if (this.#ended || !this.#isWanted(record)) continue;
      text += this.#options.json
        ? jsonLine(inbound, record)
        : recordLine(record, this.#topicWidth, this.#paint);
      this.#printed += 1;
      this.#ended = this.#printed === this.#options.max;
    }
    if (text !== '') this.#write(text);
    if (this.#ended) this.onEnd();
  }

  #isWanted(record: TailedRecord): boolean {
    const { account } = this.#options;
    return account === undefined || accountOf(record) === account || record.key === account;
  }
}

function jsonLine({ partition, offset }: InboundRecord, record: TailedRecord): string {
  const { topic, timestamp, key, content } = record;
  return `${JSON.stringify({ topic, partition, offset, timestamp, key, value: content ?? null })}\n`;
}

function contentOf(value: Uint8Array | null): TailedRecord['content'] {
  try {
    const content: unknown = JSON.parse(Buffer.from(value ?? []).toString('utf8'));
    return typeof content === 'object' && content !== null ? { ...content } : undefined;
  } catch {
    return undefined;
  }
}
