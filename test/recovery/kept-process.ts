import { setTimeout as sleep } from 'node:timers/promises';
import type { Launched, LaunchPlan } from '#stack/launch.ts';
import { launch } from '#stack/launch.ts';
import { logSize } from '#stack/log-file.ts';
import { StackError } from '#stack/stack-error.ts';

/** What it needs may be broken meanwhile, and the machine has much other work. */
const START_MS_MAX = 240_000;
const LOOK_AGAIN_MS = 100;
/** As a supervisor waits before it starts what has just ended. */
const START_AGAIN_MS = 500;

export interface KeptProcessOptions {
  readonly name: string;
  readonly plan: LaunchPlan;
  /** Asked again and again after a start; `logFrom` is where its output begins in the log, bytes. */
  readonly isReady: (logFrom: number) => Promise<boolean>;
}

/** A process that is started again whenever it ends without being told to, as by a supervisor. */
export class KeptProcess {
  readonly name: string;
  /** How often and how it ended although nobody asked it to. */
  readonly ownEnds: string[] = [];
  readonly #options: KeptProcessOptions;
  #launched: Launched | undefined;
  #wanted = false;
  #paused = false;

  constructor(options: KeptProcessOptions) {
    this.name = options.name;
    this.#options = options;
  }

  /** Resolves when it is ready; tries again when it ends before. Rejects when it never is. */
  async start(): Promise<void> {
    this.#wanted = true;
    const deadline = performance.now() + START_MS_MAX;
    for (;;) {
      const logFrom = await logSize(this.#options.plan.logFile);
      const launched = await this.#launch();
      while (launched !== undefined && launched.ended() === undefined) {
        if (await this.#options.isReady(logFrom)) return;
        if (performance.now() > deadline) {
          throw new Error(`${this.name} was not ready: see ${this.#options.plan.logFile}`);
        }
        await sleep(LOOK_AGAIN_MS);
      }
      if (!this.#isWanted()) return;
      if (performance.now() > deadline) throw new Error(`${this.name} ends whenever it is started`);
      await sleep(START_AGAIN_MS);
    }
  }

  /** kill -9. */
  async kill(): Promise<void> {
    this.#wanted = false;
    await this.#launched?.kill();
  }

  /** SIGTERM, and SIGKILL if it takes too long. */
  async stop(): Promise<void> {
    this.#wanted = false;
    this.resume();
    await this.#launched?.stop();
  }

  /** SIGSTOP. */
  pause(): void {
    this.#paused = this.#signal('SIGSTOP');
  }

  /** SIGCONT. */
  resume(): void {
    if (this.#paused) this.#signal('SIGCONT');
    this.#paused = false;
  }

  runs(): boolean {
    return this.#launched !== undefined && this.#launched.ended() === undefined && !this.#paused;
  }

  #isWanted(): boolean {
    return this.#wanted;
  }

  /** Undefined when it ended before anybody could look at it. */
  async #launch(): Promise<Launched | undefined> {
    try {
      const launched = await launch(this.#options.plan);
      this.#launched = launched;
      void launched.whenEnded.then(() => {
        this.#noteEnd(launched);
      });
      return launched;
    } catch (error) {
      if (!(error instanceof StackError)) throw error;
      this.ownEnds.push(`${new Date().toISOString()} ${error.message}`);
      return undefined;
    }
  }

  #noteEnd(launched: Launched): void {
    if (!this.#wanted || launched !== this.#launched) return;
    this.ownEnds.push(`${new Date().toISOString()} ${launched.ended() ?? ''}`);
    // `start` may be waiting for it, and then starts it again itself.
    setTimeout(() => {
      if (!this.#wanted || launched !== this.#launched) return;
      this.start().catch((error: unknown) => this.ownEnds.push(String(error)));
    }, 2 * START_AGAIN_MS).unref();
  }

  #signal(signal: NodeJS.Signals): boolean {
    const launched = this.#launched;
    if (launched === undefined || launched.ended() !== undefined) return false;
    return process.kill(launched.process.pid, signal);
  }
}
