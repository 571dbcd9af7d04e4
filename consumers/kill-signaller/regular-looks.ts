/** Looks again and again, one look at a time: one that takes longer than the pause is not overtaken. */
export class RegularLooks {
  readonly #everyMs: number;
  readonly #look: () => Promise<void>;
  #timer: NodeJS.Timeout | undefined;
  /** Under way; null between two looks. */
  #looking: Promise<void> | null = null;

  /** `look` must not reject. */
  constructor(everyMs: number, look: () => Promise<void>) {
    this.#everyMs = everyMs;
    this.#look = look;
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.#looking ??= this.#look().finally(() => {
        this.#looking = null;
      });
    }, this.#everyMs);
  }

  /** Resolves when the look that is under way has ended. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }
}
