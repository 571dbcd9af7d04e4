import type { z } from 'zod';
import { killedSchema, unkilledSchema } from '#contracts/control-rest.ts';
import type { Killed, Unkilled } from '#contracts/control-rest.ts';
import { problemSchema } from '#contracts/rest.ts';
import type { ApiOfPeople } from '../brake-desk.ts';

/** Longer than a kill that waits for a lease to end, or a scope that starts its workflow. */
const ANSWER_MS_MAX = 30_000;

/** Two persons of the broker at the kill switch: ann, who operates, and bob, who approves. */
export class ControlPeople {
  readonly #api: ApiOfPeople;

  constructor(api: ApiOfPeople) {
    this.#api = api;
  }

  /** Ann kills a scope: resolves when it is effective. Rejects when she is refused. */
  kill(scope: string, reason: string): Promise<Killed> {
    return this.#say('ann', '/kill', { scope, reason }, killedSchema);
  }

  throttle(scope: string, perSecond: number, reason: string): Promise<Killed> {
    const body = { scope, reason, max_rate_per_second: perSecond };
    return this.#say('ann', '/throttle', body, killedSchema);
  }

  /** Ann asks to lift what the scope's only holder put on. */
  unkill(scope: string, reason: string): Promise<Unkilled> {
    return this.#say('ann', '/unkill', { scope, reason }, unkilledSchema);
  }

  /** Bob approves exactly what was asked. */
  approve(asked: Unkilled): Promise<Unkilled> {
    const { path, body } = approvalOf(asked);
    return this.#say('bob', path, body, unkilledSchema);
  }

  /** The code with which ann is refused who approves what she has asked herself. */
  async approveAlone(asked: Unkilled): Promise<string> {
    const { path, body } = approvalOf(asked);
    const answer = await this.#ask('ann', path, body);
    return problemSchema.parse(await answer.json()).code ?? `status ${String(answer.status)}`;
  }

  async #say<S extends z.ZodType>(
    who: 'ann' | 'bob',
    path: string,
    body: object,
    schema: S,
  ): Promise<z.infer<S>> {
    const answer = await this.#ask(who, path, body);
    if (!answer.ok) throw new Error(`${path} for ${who}: ${await answer.text()}`);
    return schema.parse(await answer.json());
  }

  async #ask(who: 'ann' | 'bob', path: string, body: object): Promise<Response> {
    const { apiUrl, tokenOf } = this.#api;
    return fetch(`${apiUrl}${path}`, {
      method: 'POST',
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
      headers: {
        // Both may approve: that ann may not approve her own request is for the scope to say.
        authorization: `Bearer ${await tokenOf('approver', who)}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify(body),
    });
  }
}

/** What the second person saw of the request, all of which is approved. */
function approvalOf({ state: { scope, request } }: Unkilled): {
  readonly path: string;
  readonly body: object;
} {
  if (request === null) throw new Error('nothing waits for a second person');
  const { request_id: id, epoch, reason } = request;
  return { path: `/approvals/${id}`, body: { scope, epoch, reason } };
}
