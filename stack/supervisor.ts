import type { RecordedProduct } from './instance-state.ts';
import type { Launched } from './launch.ts';
import type { ProductProcess } from './product-processes.ts';
import { RESTART_RULE, restartPauseMs } from './restart-rule.ts';
import type { RestartRule } from './restart-rule.ts';
import { startProcess, writeDown } from './start-process.ts';
import type { ProcessSurroundings, StartedProcess } from './start-process.ts';

/** An end of a process that nobody had asked for. */
export interface EndedProcess {
  readonly name: string;
  readonly how: string;
  readonly logFile: string;
}

/** So many ends are remembered. */
const ENDS_MAX = 1_000;

interface Member {
  readonly kind: ProductProcess;
  /** Shall it run? */
  wanted: boolean;
  /** What runs or is being started. */
  launched: Launched | undefined;
  /** As last written down. */
  record: RecordedProduct | undefined;
  restarts: number;
  quickEnds: number;
  lastExit: RecordedProduct['lastExit'];
  pause: NodeJS.Timeout | undefined;
}

/**
 * Keeps processes of the product running: what ends by itself is started again, after a pause that
 * grows while it ends quickly, and given up when it does so too often (stack/restart-rule.ts). What it
 * starts ends with it.
 */
export class Supervisor {
  readonly #surroundings: ProcessSurroundings;
  readonly #rule: RestartRule;
  readonly #members = new Map<string, Member>();
  #ended: readonly EndedProcess[] = [];

  constructor(surroundings: ProcessSurroundings, rule: RestartRule = RESTART_RULE) {
    this.#surroundings = surroundings;
    this.#rule = rule;
  }

  /** Starts a process and keeps it running from then on. Rejects with StackError when it does not get ready. */
  async start(kind: ProductProcess): Promise<void> {
    const member = this.#memberOf(kind);
    if (member.launched !== undefined) throw new Error(`${kind.name} runs already`);
    clearTimeout(member.pause);
    Object.assign(member, { wanted: true, quickEnds: 0 });
    try {
      await this.#launch(member);
    } catch (error) {
      forget(member);
      throw error;
    }
  }

  /** Ends a process at once, as a crash would, and does not start it again. */
  async kill(name: string): Promise<void> {
    const member = this.#members.get(name);
    if (member === undefined) throw new Error(`there is no process ${name}`);
    const { launched } = member;
    forget(member);
    await launched?.kill();
  }

  /** Starts again what was given up. */
  retry(): void {
    for (const member of this.#members.values()) {
      if (!isGivenUp(member)) continue;
      member.quickEnds = 0;
      void this.#startAgain(member);
    }
  }

  /** Those that are meant to run. */
  processes(): readonly RecordedProduct[] {
    return [...this.#members.values()].flatMap(({ wanted, record }) =>
      wanted && record !== undefined ? [record] : [],
    );
  }

  /** The ends that nobody had asked for, in their order, also of what was started again since. */
  ended(): readonly EndedProcess[] {
    return this.#ended;
  }

  async stop(): Promise<void> {
    const running = [...this.#members.values()].map(async (member) => {
      const { launched } = member;
      forget(member);
      await launched?.stop();
    });
    await Promise.all(running);
  }

  #memberOf(kind: ProductProcess): Member {
    const known = this.#members.get(kind.name);
    if (known !== undefined) return known;
    const member: Member = {
      kind,
      wanted: false,
      launched: undefined,
      record: undefined,
      restarts: 0,
      quickEnds: 0,
      lastExit: null,
      pause: undefined,
    };
    this.#members.set(kind.name, member);
    return member;
  }

  async #launch(member: Member): Promise<void> {
    const { kind, restarts, lastExit } = member;
    const past = { restarts, lastExit };
    const started = await startProcess(kind, this.#surroundings, past, (launched) => {
      member.launched = launched;
      // Asked to stop while it was being launched.
      if (!member.wanted) void launched.stop();
    });
    member.record = started.record;
    void started.launched.whenEnded.then(() => this.#onEnd(member, started));
  }

  async #onEnd(member: Member, { launched, record }: StartedProcess): Promise<void> {
    if (!member.wanted || member.launched !== launched) return;
    const ranMs = Date.now() - (record.readyAtMs ?? Date.now());
    member.quickEnds = ranMs < this.#rule.steadyMs ? member.quickEnds + 1 : 0;
    await this.#after(member, launched.ended() ?? 'unknown');
  }

  /** It has ended by itself: starts it again later, or gives it up. */
  async #after(member: Member, how: string): Promise<void> {
    const { record } = member;
    if (record === undefined) return;
    const { name, logFile } = record;
    const now = Date.now();
    member.launched = undefined;
    member.lastExit = { how, atMs: now };
    this.#ended = [...this.#ended, { name, how, logFile }].slice(-ENDS_MAX);
    const pauseMs = restartPauseMs(member.quickEnds, this.#rule);
    const givenUpAtMs = pauseMs === null ? now : null;
    const { restarts, lastExit } = member;
    member.record = { ...record, restarts, lastExit, readyAtMs: null, givenUpAtMs };
    if (pauseMs === null) {
      this.#surroundings.progress.note(
        `✗ ${name} ended ${String(member.quickEnds)} times in a row (${how}) and is not started again. ` +
          `Why: see ${logFile}; \`sentinel up\` tries it anew.`,
      );
    } else {
      this.#surroundings.progress.note(
        `! ${name} ended by itself (${how}) and is started again in ${String(pauseMs / 1_000)} s.`,
      );
      member.pause = setTimeout(() => void this.#startAgain(member), pauseMs);
    }
    await this.#writeDown(member.record);
  }

  /** That something cannot be written down is no reason to let processes lie. */
  async #writeDown(record: RecordedProduct): Promise<void> {
    const { keeper, progress } = this.#surroundings;
    try {
      await writeDown(record, keeper);
    } catch (error) {
      progress.note(`! what became of ${record.name} was not written down: ${String(error)}`);
    }
  }

  async #startAgain(member: Member): Promise<void> {
    if (!member.wanted) return;
    member.restarts += 1;
    try {
      await this.#launch(member);
    } catch (error) {
      if (!isWanted(member)) return;
      member.quickEnds += 1;
      await this.#after(member, whyNotReady(error, member.kind));
    }
  }
}

/** The first line of what a start failed with, without the process's name. */
function whyNotReady(error: unknown, { name }: ProductProcess): string {
  const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
  return line.replace(`${name} `, '').replace(/\. The end of its log:$/, '');
}

function isGivenUp({ record }: Member): boolean {
  return record !== undefined && record.givenUpAtMs !== null;
}

/** It is to run no more; whoever ends it has taken it from here before. */
function forget(member: Member): void {
  clearTimeout(member.pause);
  Object.assign(member, { wanted: false, launched: undefined });
}

/** While something was awaited it may have been asked to stop. */
function isWanted({ wanted }: Member): boolean {
  return wanted;
}
