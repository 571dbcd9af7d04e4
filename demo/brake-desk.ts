import { firmHoldListSchema } from '#contracts/firm-rest.ts';

const ANSWER_MS_MAX = 10_000;
/** How soon the two look again. */
const LOOK_MS = 250;

/** Who answers at the API, and how its people get their tokens. */
export interface ApiOfPeople {
  readonly apiUrl: string;
  readonly tokenOf: (role: 'approver', subject: string) => Promise<string>;
}

/** Who release it: two different persons. */
const PEOPLE = ['ann', 'bob'];

/**
 * Two persons release the liquidation brake when it is on: more accounts fell due at once than policy
 * lets go, after an outage or in a crash. One of them may have asked before, and not heard that it was
 * taken. Whether the brake was on. Rejects when the API does not answer or refuses.
 */
export async function releaseBrake(api: ApiOfPeople, reason: string): Promise<boolean> {
  const { holds } = firmHoldListSchema.parse(await ask(api, 'ann', '/enforcement'));
  const brake = holds.find(({ scope }) => scope === 'LIQUIDATIONS');
  if (brake === undefined) return false;
  const others = PEOPLE.filter((subject) => subject !== brake.resume_asked_by);
  const wanted = brake.resume_asked_by === null ? 2 : 1;
  for (const subject of others.slice(0, wanted)) {
    await ask(api, subject, '/enforcement/resume', { scope: 'LIQUIDATIONS', reason });
  }
  return true;
}

async function ask(
  { apiUrl, tokenOf }: ApiOfPeople,
  subject: string,
  path: string,
  body?: object,
): Promise<unknown> {
  const answer = await fetch(`${apiUrl}${path}`, {
    signal: AbortSignal.timeout(ANSWER_MS_MAX),
    headers: {
      authorization: `Bearer ${await tokenOf('approver', subject)}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${path} for ${subject}: ${await answer.text()}`);
  return answer.json();
}

/** The two persons at their desk: they look again and again, and release what the brake stops. */
export class BrakeDesk {
  readonly #api: ApiOfPeople;
  readonly #reason: string;
  #isOpen = true;
  #released = 0;
  readonly #work: Promise<void>;

  constructor(api: ApiOfPeople, reason: string) {
    this.#api = api;
    this.#reason = reason;
    this.#work = this.#look();
    // Told by close().
    this.#work.catch(() => undefined);
  }

  /** How often they released the brake. Rejects with what went wrong at the desk. */
  async close(): Promise<number> {
    this.#isOpen = false;
    await this.#work;
    return this.#released;
  }

  async #look(): Promise<void> {
    while (this.#isOpen) {
      if (await releaseBrake(this.#api, this.#reason)) this.#released += 1;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }
}
