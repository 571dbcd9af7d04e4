import { isOpenAlert, mergeAlert } from '#contracts/alerts.ts';
import type { AlertRecord } from '#contracts/alerts.ts';
import type { NoticeRecord } from '#contracts/notices.ts';

/** What was settled last is remembered, some 1 kB each: a record that was on its way opens none of it again. */
const SETTLED_MAX = 2_000;

/** A case's attempt without an outcome is given up after this long: its activity has 10 s for it. */
const CASE_ATTEMPT_MS = 30_000;

interface Entry<Content> {
  content: Content;
  /** Of its last record: from there on the log tells all of it. */
  offset: number;
  /** Something of it is being sent, and the log has not yet told what became of it. */
  busy: boolean;
  /** The record that ends it, once it is written. */
  concludedAt: number | null;
}

/**
 * What of one topic's partition is not settled. It changes by reading the log only; whoever acts on an
 * entry marks it busy until its own record has been read back.
 */
abstract class OpenEntries<Content> {
  readonly #sizeMax: number;
  readonly #entries = new Map<string, Entry<Content>>();
  /** Oldest first. */
  readonly #settled = new Map<string, Content>();

  constructor(sizeMax: number) {
    this.#sizeMax = sizeMax;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The first offset that a restart has to read again; null when nothing is open. */
  firstOffset(): number | null {
    let first: number | null = null;
    for (const { offset } of this.#entries.values()) first = Math.min(first ?? offset, offset);
    return first;
  }

  /** What is to be done at `now`, at most `count`; each is busy from here on. */
  due(now: number, count: number): Content[] {
    const found: Content[] = [];
    for (const entry of this.#entries.values()) {
      if (found.length >= count) break;
      if (entry.busy || this.dueAt(entry.content) > now || !this.isOpen(entry.content)) continue;
      entry.busy = true;
      found.push(entry.content);
    }
    return found;
  }

  /** Everything about it is written up to this offset: it is free when that has been read. */
  concluded(content: Content, offset: number): void {
    const entry = this.#entries.get(this.keyOf(content));
    if (entry === undefined) return;
    if (entry.offset >= offset) this.#put(this.keyOf(content), { ...entry, busy: false });
    else entry.concludedAt = offset;
  }

  /** Nothing came of it: it is free again. */
  free(content: Content): void {
    const key = this.keyOf(content);
    const entry = this.#entries.get(key);
    if (entry !== undefined) this.#put(key, { ...entry, busy: false });
  }

  /** The next record of the log; false when it is open and there is no room to keep it. */
  take(record: Content, offset: number): boolean {
    const key = this.keyOf(record);
    const known = this.#entries.get(key);
    const content = this.merge(known?.content ?? this.#settled.get(key), record);
    const hasRoom = known !== undefined || this.#entries.size < this.#sizeMax;
    if (!hasRoom && this.isOpen(content)) return false;
    const { busy, concludedAt } = known ?? { busy: false, concludedAt: null };
    const isEnded = concludedAt !== null && offset >= concludedAt;
    const left = isEnded ? { busy: false, concludedAt: null } : { busy, concludedAt };
    this.#put(key, { content, offset, ...left });
    return true;
  }

  /** What is settled is kept as long as a record about it is on its way: a restart has to know it too. */
  #put(key: string, entry: Entry<Content>): void {
    if (this.isOpen(entry.content) || entry.busy) {
      this.#entries.set(key, entry);
      return;
    }
    this.#entries.delete(key);
    this.#settled.delete(key);
    this.#settled.set(key, entry.content);
    const [oldest] = this.#settled.keys();
    if (this.#settled.size > SETTLED_MAX && oldest !== undefined) this.#settled.delete(oldest);
  }

  protected abstract keyOf(content: Content): string;
  protected abstract merge(known: Content | undefined, record: Content): Content;
  protected abstract isOpen(content: Content): boolean;
  /** When it is to be acted on, Unix ms. */
  protected abstract dueAt(content: Content): number;
}

/** The notices that are not delivered, by channel. */
export class OpenNotices extends OpenEntries<NoticeRecord> {
  protected keyOf({ notice_id, channel }: NoticeRecord): string {
    return `${notice_id}/${channel}`;
  }

  protected merge(_known: NoticeRecord | undefined, record: NoticeRecord): NoticeRecord {
    return record;
  }

  protected isOpen({ state, retry_at }: NoticeRecord): boolean {
    return state === 'ATTEMPTED' || (state === 'FAILED' && retry_at !== null);
  }

  protected dueAt({ state, retry_at, by, timestamp }: NoticeRecord): number {
    if (state === 'FAILED') return retry_at ?? Infinity;
    // The partition is ours alone: a notifier that left an attempt without outcome is no more.
    return by === 'notifier' ? timestamp : timestamp + CASE_ATTEMPT_MS;
  }
}

/** The alerts that nobody has acknowledged and that are not over. */
export class OpenAlerts extends OpenEntries<AlertRecord> {
  readonly #everyMs: number;

  constructor(everyMs: number, sizeMax: number) {
    super(sizeMax);
    this.#everyMs = everyMs;
  }

  protected keyOf({ alert_id }: AlertRecord): string {
    return alert_id;
  }

  protected merge(known: AlertRecord | undefined, record: AlertRecord): AlertRecord {
    return mergeAlert(known, record);
  }

  protected isOpen(alert: AlertRecord): boolean {
    return isOpenAlert(alert);
  }

  protected dueAt({ paged_at }: AlertRecord): number {
    return paged_at === null ? 0 : paged_at + this.#everyMs;
  }
}
