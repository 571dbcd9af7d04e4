import { killedSchema, killSwitchListSchema } from '#contracts/control-rest.ts';
import type { Killed } from '#contracts/control-rest.ts';
import { readPrivateKey } from '#platform/identity/keys.ts';
import { mintToken } from '#platform/identity/mint-token.ts';
import type { Product } from '#stack/product.ts';
import { WrongResultError } from './benchmark.ts';

const ANSWER_MS_MAX = 20_000;
const TOKEN_LIFETIME_MS = 3_600_000;
const LEASES_MS_MAX = 60_000;
const LOOK_MS = 50;

/** A kill, from the request to its answer. Instants Unix ms, as this machine has them. */
export interface TimedKill {
  readonly killed: Killed;
  readonly tookMs: number;
  readonly answeredAt: number;
}

/** A person at the API who kills. */
export class KillDesk {
  readonly #apiUrl: string;
  readonly #token: string;

  private constructor(apiUrl: string, token: string) {
    this.#apiUrl = apiUrl;
    this.#token = token;
  }

  static async open({ apiUrl, environment }: Product): Promise<KillDesk> {
    const key = await readPrivateKey(environment.SENTINEL_JWT_PRIVATE_KEY_FILE ?? '');
    const person = { subject: 'ann', roles: ['operator'] } as const;
    return new KillDesk(apiUrl, await mintToken(person, key, Date.now(), TOKEN_LIFETIME_MS));
  }

  /** Kills a scope. Throws WrongResultError unless it is effective. */
  async kill(scope: string): Promise<TimedKill> {
    const begun = performance.now();
    const answer = await this.#ask('/kill', { scope, reason: 'a benchmark' });
    const tookMs = performance.now() - begun;
    const answeredAt = Date.now();
    const killed = killedSchema.parse(await answer.json());
    if (killed.effect !== 'EFFECTIVE') {
      throw new WrongResultError(`the kill of ${scope} is ${killed.effect}`);
    }
    return { killed, tookMs, answeredAt };
  }

  /** Resolves when so many gates and venue adapters live. */
  async untilLeases(count: number): Promise<void> {
    const deadline = Date.now() + LEASES_MS_MAX;
    for (;;) {
      const answer = await this.#ask('/killswitch');
      const { leases } = killSwitchListSchema.parse(await answer.json());
      if (leases.length === count) return;
      if (Date.now() > deadline) {
        throw new WrongResultError(`${String(leases.length)} leases live, not ${String(count)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  async #ask(path: string, body?: object): Promise<Response> {
    const answer = await fetch(`${this.#apiUrl}${path}`, {
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
      headers: { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new WrongResultError(`${path}: ${await answer.text()}`);
    return answer;
  }
}
