import { setTimeout as sleep } from 'node:timers/promises';
import type { ControlCommandInput } from '#contracts/control-commands.ts';
import type { Killed } from '#contracts/control-rest.ts';
import { TOPICS } from '#contracts/topics.ts';
import { killEffect } from '#domain/controls/kill-effect.ts';
import type { KillEffect, Lease, WrittenCommand } from '#domain/controls/kill-effect.ts';
import { leftOpen } from '#domain/controls/open-venues.ts';
import type { VenueWord } from '#domain/controls/open-venues.ts';
import type { Clock } from '#ports/clock.ts';
import type { ControlBook, HeardLease } from '#ports/control-book.ts';
import type { Publisher } from '#ports/publisher.ts';
import type { RecordPosition } from '#ports/records.ts';
import type { WriterFence } from '#ports/writer-fence.ts';

/** How often leases that were heard meanwhile are looked at. */
const LOOK_MS = 5;
/** A kill that is not effective by then is answered as such; it is recorded, and goes on. */
const EFFECT_MS_MAX = 12_000;

export interface ControlDeskParts {
  readonly book: ControlBook;
  readonly publisher: Publisher;
  /** Ends what a venue adapter may have open that is not heard of any more. */
  readonly venues: WriterFence;
  /** How many partitions orders have. */
  readonly partitions: number;
  readonly clock: Clock;
  readonly effectMsMax?: number;
}

export type Effect = Pick<
  Killed,
  'effect' | 'leases' | 'applied' | 'lapsed' | 'waiting_for' | 'took_ms'
>;

/** Writes what makes a scope stricter, and proves from the leases that it is effective (DESIGN 21). */
export class ControlDesk {
  readonly #parts: ControlDeskParts;
  /** Silent venue adapters with nothing open any more, and when their leases had ended. */
  #fenced: ReadonlyMap<string, number> = new Map();

  constructor(parts: ControlDeskParts) {
    this.#parts = parts;
  }

  /** Resolves when the broker has it. Rejects when that cannot be reached. */
  async write(command: ControlCommandInput): Promise<RecordPosition> {
    const { name: topic } = TOPICS.controlCommands;
    const record = { topic, key: command.scope, value: JSON.stringify(command) };
    const [position] = await this.#parts.publisher.publish([record]);
    if (position === undefined) throw new Error('the broker named no position');
    return position;
  }

  /** How far it is effective: waits until nothing more can pass, or EFFECT_MS_MAX. `begunAt` in ms. */
  async effectOf({ partition, offset }: RecordPosition, begunAt: number): Promise<Effect> {
    const { book, clock, effectMsMax = EFFECT_MS_MAX } = this.#parts;
    const written: WrittenCommand = { partition, offset, at: clock.now() };
    // Whoever has no lease by this end opens only with the command read.
    await book.leasesRead();
    for (;;) {
      const seen = this.#look(written);
      const isLate = clock.now() - begunAt > effectMsMax;
      if (seen.waitingFor.length === 0) {
        const sure = seen.lapsed.length === 0 ? seen : await this.#lookAgain(written);
        const open = sure.waitingFor.length === 0 ? await this.#fenceSilent() : [];
        const waitingFor = [...sure.waitingFor, ...open];
        if (waitingFor.length === 0 || isLate) {
          const lapsed = sure.lapsed.filter((process) => !open.includes(process));
          return told({ ...sure, lapsed, waitingFor }, clock.now() - begunAt);
        }
      } else if (isLate) return told(seen, clock.now() - begunAt);
      await sleep(LOOK_MS);
    }
  }

  /**
   * Ends what venue adapters may have open that are not heard of; theirs are the names while the broker
   * does not do so.
   */
  async #fenceSilent(): Promise<readonly string[]> {
    const { book, clock, venues, partitions } = this.#parts;
    const words = book
      .leases()
      .filter(({ kind }) => kind === 'VENUE')
      .map(wordOf)
      .filter(({ process, endsAt }) => this.#fenced.get(process) !== endsAt);
    const open = leftOpen(words, partitions, clock.now());
    if (open.silent.length === 0) return [];
    const names = open.silent.map(({ process }) => process);
    if (open.unheard.length > 0) return names;
    try {
      await venues.fence(open.partitions);
    } catch {
      // It is tried again until the answer is due.
      return names;
    }
    const known = new Set(book.leases().map(({ process }) => process));
    this.#fenced = new Map(
      [...this.#fenced, ...open.silent.map(({ process, endsAt }) => [process, endsAt] as const)]
        // What the book forgets is over for long.
        .filter(([process]) => known.has(process)),
    );
    return [];
  }

  /** A lease is over only if nothing was heard of it up to an end of the log that is later. */
  async #lookAgain(written: WrittenCommand): Promise<KillEffect> {
    await this.#parts.book.leasesRead();
    return this.#look(written);
  }

  #look(written: WrittenCommand): KillEffect {
    const { book, clock } = this.#parts;
    return killEffect(book.leases().map(leaseOf), written, clock.now());
  }
}

function wordOf(heard: HeardLease): VenueWord {
  const { process, left, endsAt } = leaseOf(heard);
  return { process, left, endsAt, saidAt: heard.ts, owned: heard.owned_partitions };
}

/** What those said last whose leases have not ended at `now`, ms. */
export function livingLeases(book: ControlBook, now: number): readonly HeardLease[] {
  return book.leases().filter((heard) => {
    const { left, endsAt } = leaseOf(heard);
    return !left && endsAt > now;
  });
}

/** The end of a lease is counted from when the broker had it: never early. */
export function leaseOf(heard: HeardLease): Lease {
  const until = Math.max(heard.ts, heard.heardAt) + heard.lease_ms;
  return {
    process: heard.process,
    left: heard.state === 'LEFT',
    endsAt: Math.max(until, heard.valid_until_max),
    commandPositions: heard.applied['killswitch.commands.v1'],
  };
}

function told({ leases, applied, lapsed, waitingFor }: KillEffect, tookMs: number): Effect {
  const done = leases === 0 ? 'RECORDED' : 'EFFECTIVE';
  return {
    effect: waitingFor.length > 0 ? 'NOT_YET' : done,
    leases,
    applied,
    lapsed: [...lapsed],
    waiting_for: [...waitingFor],
    took_ms: tookMs,
  };
}
