import type { IncomingMessage, ServerResponse } from 'node:http';
import { createSession } from 'better-sse';
import type { Session } from 'better-sse';
import type { LiveEventName } from '#contracts/live-events.ts';
import { Listener } from './listener.ts';
import type { EventHub } from './event-hub.ts';

/** Clients at once. */
const CLIENTS_MAX = 100;
/** What waits for one client: beyond this it is too slow, and is cut off. */
const QUEUE_BYTES_MAX = 1_048_576;
/** A comment keeps connections alive through proxies. */
const HEARTBEAT_MS = 15_000;
/** A client comes back after this long. */
const RETRY_MS = 2_000;
/** A stream ends after this long, so that whoever listens shows a good token again. */
const STREAM_MS_MAX = 900_000;

/** What a client wants to hear. */
export interface Wish {
  /** null: every account. */
  readonly accountId: string | null;
  /** null: every event. */
  readonly names: readonly LiveEventName[] | null;
}

/** The clients of GET /events. */
export class EventStreams {
  readonly #hub: EventHub;
  readonly #listeners = new Set<Listener>();
  readonly #queueBytesMax: number;
  readonly #clientsMax: number;
  /** Clients whose streams are being opened. */
  #coming = 0;

  constructor(
    hub: EventHub,
    limits: { readonly queueBytesMax?: number; readonly clientsMax?: number } = {},
  ) {
    this.#hub = hub;
    this.#queueBytesMax = limits.queueBytesMax ?? QUEUE_BYTES_MAX;
    this.#clientsMax = limits.clientsMax ?? CLIENTS_MAX;
  }

  get isFull(): boolean {
    return this.#listeners.size + this.#coming >= this.#clientsMax;
  }

  /** Sends events to a client until it leaves, is too slow, or has listened for 15 minutes. */
  async open(request: IncomingMessage, response: ServerResponse, wish: Wish): Promise<void> {
    this.#coming += 1;
    try {
      const session = await createSession(request, response, {
        keepAlive: HEARTBEAT_MS,
        retry: RETRY_MS,
        trustClientEventId: false,
        serializer: String,
      });
      const last = request.headers['last-event-id'];
      if (!session.isConnected) return;
      this.#follow(session, response, wish, typeof last === 'string' ? last : null);
    } finally {
      this.#coming -= 1;
    }
  }

  /** Ends every stream. */
  close(): void {
    for (const listener of this.#listeners) listener.end('the server stops: come back');
  }

  #follow(session: Session, response: ServerResponse, wish: Wish, last: string | null): void {
    const missed = last === null ? [] : this.#hub.since(last);
    const listener = new Listener(session, response, {
      place: (missed === null ? null : last) ?? this.#hub.place,
      wants: ({ name, accountId }) =>
        (wish.accountId === null || wish.accountId === accountId) &&
        (wish.names === null || wish.names.includes(name)),
      queueBytesMax: this.#queueBytesMax,
    });
    this.#listeners.add(listener);
    const forget = this.#hub.listen((event) => listener.pass(event));
    const again = 'a new token is asked for: come back';
    const limit = setTimeout(() => listener.end(again), STREAM_MS_MAX);
    listener.onEnd = () => {
      this.#listeners.delete(listener);
      forget();
      clearTimeout(limit);
    };
    listener.greet(missed, this.#hub.place);
  }
}
