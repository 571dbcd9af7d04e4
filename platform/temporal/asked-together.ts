import { START_REQUESTS_MAX } from '#contracts/firm-messages.ts';
import type { AskToStart } from '#contracts/firm-messages.ts';
import type { FirmWatch } from '#ports/firm-enforcement.ts';

type StartRequest = AskToStart['requests'][number];
type BrakeLimit = AskToStart['limit'];
type StartAnswer = Awaited<ReturnType<FirmWatch['askToStart']>>;
type Send = (asked: AskToStart) => Promise<readonly StartAnswer[]>;

interface Asking {
  readonly request: StartRequest;
  readonly limit: BrakeLimit;
  readonly resolve: (answer: StartAnswer) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * One question at a time, with all who have come meanwhile: in a crash a thousand cases ask at once, and a
 * workflow takes ten updates at a time. Who asks again is known by case and episode.
 */
export class AskedTogether {
  readonly #send: Send;
  readonly #msMax: number;
  readonly #waiting = new Set<Asking>();
  #isAsking = false;

  /** Nobody waits longer than `msMax`, from when it asked: neither for the answer nor for its turn. */
  constructor(send: Send, msMax: number) {
    this.#send = send;
    this.#msMax = msMax;
  }

  /** Rejects when there is no answer in time; whose turn has not come by then is not asked for at all. */
  ask(request: StartRequest, limit: BrakeLimit): Promise<StartAnswer> {
    return new Promise((resolve, reject) => {
      const asking: Asking = {
        request,
        limit,
        resolve: (answer) => {
          clearTimeout(timer);
          resolve(answer);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error instanceof Error ? error : new Error(String(error)));
        },
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(asking);
        asking.reject(new Error(`the brake has not answered in ${String(this.#msMax)} ms`));
      }, this.#msMax);
      this.#waiting.add(asking);
      if (!this.#isAsking) void this.#askAll();
    });
  }

  async #askAll(): Promise<void> {
    this.#isAsking = true;
    while (this.#waiting.size > 0) {
      const together = [...this.#waiting].slice(0, START_REQUESTS_MAX);
      for (const asking of together) this.#waiting.delete(asking);
      try {
        await this.#askSome(together);
      } catch (error) {
        for (const { reject } of together) reject(error);
      }
    }
    this.#isAsking = false;
  }

  async #askSome(together: readonly Asking[]): Promise<void> {
    const [first] = together;
    if (first === undefined) return;
    const requests = together.map(({ request }) => request);
    const answers = await this.#send({ requests, limit: first.limit });
    together.forEach(({ resolve, reject }, index) => {
      const answer = answers[index];
      if (answer === undefined) reject(new Error('the brake did not answer this one'));
      else resolve(answer);
    });
  }
}
