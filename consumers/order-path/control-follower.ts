import { controlCommandSchema, modeOf } from '#contracts/control-commands.ts';
import { appliedStateOf, controlStateSchema } from '#contracts/control-states.ts';
import { decodeRecord } from '#contracts/decode-record.ts';
import type { GateLeaseRecord } from '#contracts/gate-leases.ts';
import { decodeScope, scopeSchema } from '#contracts/scopes.ts';
import { TOPICS } from '#contracts/topics.ts';
import { AppliedControls } from '#domain/controls/applied-controls.ts';
import type {
  EffectiveControls,
  SeenControls,
  UnreadableControl,
} from '#domain/controls/applied-controls.ts';
import { scopeName } from '#domain/scopes.ts';
import type { Scope } from '#domain/scopes.ts';
import type { Clock } from '#ports/clock.ts';
import type { EndOffsets, LogReader } from '#ports/log-reader.ts';
import type { Logger } from '#ports/logger.ts';
import type { Counter } from '#ports/metrics.ts';
import type { InboundRecord } from '#ports/records.ts';

const COMMANDS = TOPICS.controlCommands.name;
const STATES = TOPICS.controlState.name;
const TOPIC_NAMES = [COMMANDS, STATES] as const;

/** Every history is read before anything opens, within this time. */
const CAUGHT_UP_MS = 60_000;
/** How often it is proved that nothing was missed. */
const PROVE_MS = 100;
const PROVE_POLL_MS = 5;

export interface ControlFollowerParts {
  readonly reader: LogReader;
  readonly ends: EndOffsets;
  /** Where the commands and states of a scope lie. */
  readonly partitionOf: (key: string) => number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly unreadable: Counter<{ topic: string; code: string }>;
}

type Listener = (scope: Scope, held: EffectiveControls) => void;

/** Per topic and partition the first offset not applied. */
export type AppliedPositions = GateLeaseRecord['applied'];

/**
 * The controls as this process knows them (DESIGN 15), read from their topics without any group's
 * share, so that every process sees every kill. Beside what it knows it tells as of when: at
 * `provedAt` everything that the broker held then had been applied.
 */
export class ControlFollower {
  readonly #parts: ControlFollowerParts;
  readonly #controls = new AppliedControls();
  readonly #held = new Map<string, { readonly scope: Scope; readonly held: EffectiveControls }>();
  readonly #listeners = new Set<Listener>();
  readonly #appliedListeners = new Set<() => void>();
  #provedAt = -Infinity;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(parts: ControlFollowerParts) {
    this.#parts = parts;
  }

  /** Reads both histories to their ends. */
  async start(): Promise<void> {
    const { reader } = this.#parts;
    await reader.start(TOPIC_NAMES, (records) => {
      for (const record of records) this.#take(record);
      // The reader moves its position when this has returned.
      setImmediate(() => {
        for (const listener of this.#appliedListeners) listener();
      });
    });
    await reader.caughtUp(CAUGHT_UP_MS);
    this.#proveOnAndOn();
  }

  /** The last instant (Unix ms) of which it is proved that every control was applied. */
  get provedAt(): number {
    return this.#provedAt;
  }

  applied(): AppliedPositions {
    const { reader } = this.#parts;
    return { [COMMANDS]: [...reader.positions(COMMANDS)], [STATES]: [...reader.positions(STATES)] };
  }

  of(scope: Scope): EffectiveControls {
    return this.#controls.of(scope);
  }

  /** What it knows of the scope and from what; null: nothing was ever told. */
  seen(scope: Scope): SeenControls | null {
    return this.#controls.seen(scope);
  }

  /** What stops its scope because it cannot be read. */
  unreadable(): Iterable<UnreadableControl> {
    return this.#controls.unreadable();
  }

  /** Every scope that somebody holds or held. */
  all(): Iterable<{ readonly scope: Scope; readonly held: EffectiveControls }> {
    return this.#held.values();
  }

  /** `listener` is called with each change, before the position moves past it. Returns how to end that. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** `listener` is called as soon as `applied` has moved past what was read. */
  onApplied(listener: () => void): void {
    this.#appliedListeners.add(listener);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#parts.reader.stop();
  }

  #take(record: InboundRecord): void {
    const changed = record.topic === COMMANDS ? this.#command(record) : this.#state(record);
    if (changed === null) return;
    this.#held.set(scopeName(changed.scope), changed);
    for (const listener of this.#listeners) listener(changed.scope, changed.held);
  }

  #command(record: InboundRecord): { scope: Scope; held: EffectiveControls } | null {
    const decoded = decodeRecord(controlCommandSchema, record.value, null);
    if (!decoded.ok) {
      this.#unreadable(record, decoded.refusal);
      return this.#stopBy(record, (control) => this.#controls.takeUnreadableCommand(control));
    }
    const mode = modeOf(decoded.record);
    // An UNKILL loosens nothing here, whoever wrote it (DESIGN 15).
    if (mode === null || decoded.record.scope !== record.key) return null;
    // Its offset would compare with those of the scope's own partition, and hide a kill there.
    if (record.partition !== this.#parts.partitionOf(decoded.record.scope)) {
      const reason = `partition ${String(record.partition)} is not that of ${decoded.record.scope}`;
      return this.#unreadable(record, { code: 'WRONG_KEY', reason });
    }
    const scope = decodeScope(decoded.record.scope);
    const held = this.#controls.takeCommand({ scope, offset: record.offset, mode });
    return held === null ? null : { scope, held };
  }

  #state(record: InboundRecord): { scope: Scope; held: EffectiveControls } | null {
    const decoded = decodeRecord(controlStateSchema, record.value, null);
    if (!decoded.ok) {
      this.#unreadable(record, decoded.refusal);
      return this.#stopBy(record, (control) => this.#controls.takeUnreadableState(control));
    }
    const state = appliedStateOf(decoded.record);
    const held = this.#controls.takeState(state);
    return held === null ? null : { scope: state.scope, held };
  }

  /**
   * What cannot be read may be a kill: by its key alone it stops its scope. Without the key of a scope, or
   * in another's partition, it is no control of ours.
   */
  #stopBy(
    { topic, key, partition, offset, timestamp: at }: InboundRecord,
    stop: (control: UnreadableControl) => EffectiveControls | null,
  ): { scope: Scope; held: EffectiveControls } | null {
    const name = scopeSchema.safeParse(key);
    if (!name.success || partition !== this.#parts.partitionOf(name.data)) return null;
    const scope = decodeScope(name.data);
    const held = stop({ scope, topic, partition, offset, at });
    return held === null ? null : { scope, held };
  }

  #unreadable(
    { topic, partition, offset }: InboundRecord,
    { code, reason }: { readonly code: string; readonly reason: string },
  ): null {
    this.#parts.unreadable.inc({ topic, code });
    this.#parts.logger.error(
      { event: 'unreadable', topic, partition, offset, code, reason },
      'a control cannot be read: its scope is stopped, if its key names one',
    );
    return null;
  }

  #proveOnAndOn(): void {
    this.#prove()
      .catch((error: unknown) => {
        // Without a proof the process soon refuses by itself: the safe side.
        this.#parts.logger.warn({ error: String(error) }, 'the controls could not be proved fresh');
      })
      .finally(() => {
        if (!this.#stopped) this.#timer = setTimeout(() => this.#proveOnAndOn(), PROVE_MS);
      });
  }

  async #prove(): Promise<void> {
    const { reader, ends, clock } = this.#parts;
    const askedAt = clock.now();
    const goals = await Promise.all(
      TOPIC_NAMES.map(async (topic) => ({ topic, ends: await ends.endOffsets(topic) })),
    );
    const reached = (): boolean =>
      goals.every(({ topic, ends: goal }) => {
        const positions = reader.positions(topic);
        return goal.every((end, partition) => end === 0 || (positions[partition] ?? 0) >= end);
      });
    while (!reached() && !this.#stopped) {
      await new Promise((resolve) => setTimeout(resolve, PROVE_POLL_MS));
    }
    if (!this.#stopped) this.#provedAt = askedAt;
  }
}
