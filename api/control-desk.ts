import { setTimeout as sleep } from 'node:timers/promises';
import type { ControlCommandInput } from '#contracts/control-commands.ts';
import type { Killed } from '#contracts/control-rest.ts';
import { TOPICS } from '#contracts/topics.ts';
import { killEffect } from '#domain/controls/kill-effect.ts';
import type { KillEffect, Lease, WrittenCommand } from '#domain/controls/kill-effect.ts';
import type { Clock } from '#ports/clock.ts';
import type { ControlBook, HeardLease } from '#ports/control-book.ts';
import type { Publisher } from '#ports/publisher.ts';
import type { RecordPosition } from '#ports/records.ts';

/** How often leases that were heard meanwhile are looked at. */
const LOOK_MS = 5;
/** A kill that is not effective by then is answered as such; it is recorded, and goes on. */
const EFFECT_MS_MAX = 12_000;

export interface ControlDeskParts {
  readonly book: ControlBook;
  readonly publisher: Publisher;
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
      if (seen.waitingFor.length === 0) {
        const sure = seen.lapsed.length === 0 ? seen : await this.#lookAgain(written);
        if (sure.waitingFor.length === 0) return told(sure, clock.now() - begunAt);
      } else if (clock.now() - begunAt > effectMsMax) return told(seen, clock.now() - begunAt);
      await sleep(LOOK_MS);
    }
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
