import type { ServerResponse } from 'node:http';
import type { Session } from 'better-sse';
import type { LiveEvent } from './event-hub.ts';

/** A client that is cut off has this long to take what it was sent. */
const FAREWELL_MS = 5_000;

const UNKNOWN_PLACE =
  'what happened since then is no longer known here: read cases and accounts anew';
const TOO_SLOW = 'you read too slowly: ask for less, or come back';

interface ListenerOptions {
  /** The place after which it begins. */
  readonly place: string;
  readonly wants: (event: LiveEvent) => boolean;
  /** What may wait to be read, bytes. */
  readonly queueBytesMax: number;
}

/**
 * One client of GET /events. It is given every event that it wants, in order, or an `end` that bears
 * the place of the last one it was given: who comes back with that misses nothing.
 */
export class Listener {
  readonly #session: Session;
  readonly #response: ServerResponse;
  readonly #options: ListenerOptions;
  /** The place up to which it has been given what it wants. */
  #place: string;
  #ended = false;
  onEnd: () => void = () => undefined;

  constructor(session: Session, response: ServerResponse, options: ListenerOptions) {
    this.#session = session;
    this.#response = response;
    this.#options = options;
    this.#place = options.place;
    session.once('disconnected', () => this.#leave());
  }

  /** What the client missed, null when that is not known any more; then that it is at `place`. */
  greet(missed: readonly LiveEvent[] | null, place: string): void {
    if (missed === null) this.#push('reset', { why: UNKNOWN_PLACE }, place);
    for (const event of missed ?? []) this.pass(event);
    if (this.#ended) return;
    this.#place = place;
    this.#push('ready', { place }, place);
  }

  pass(event: LiveEvent): void {
    if (this.#ended) return;
    if (this.#response.writableLength > this.#options.queueBytesMax) {
      this.end(TOO_SLOW);
      return;
    }
    this.#place = event.id;
    if (this.#options.wants(event)) this.#session.push(event.data, event.name, event.id);
  }

  end(why: string): void {
    if (this.#ended) return;
    this.#push('end', { why }, this.#place);
    this.#leave();
    this.#response.end();
    setTimeout(() => this.#response.destroy(), FAREWELL_MS).unref();
  }

  #leave(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.onEnd();
  }

  #push(name: string, content: object, place: string): void {
    this.#session.push(JSON.stringify(content), name, place);
  }
}
