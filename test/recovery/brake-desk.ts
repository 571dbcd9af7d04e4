import { firmHoldListSchema } from '#contracts/firm-rest.ts';

/** The people of a recovery run: after an outage more accounts fall due at once than the brake lets go. */

const ANSWER_MS_MAX = 10_000;

/** Two persons release the liquidation brake when it is on. Rejects when the API does not answer. */
export async function releaseBrake(
  apiUrl: string,
  tokenOf: (subject: string) => Promise<string>,
): Promise<void> {
  const ask = async (subject: string, path: string, body?: object): Promise<unknown> => {
    const answer = await fetch(`${apiUrl}${path}`, {
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
      headers: {
        authorization: `Bearer ${await tokenOf(subject)}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    });
    return answer.json();
  };
  const { holds } = firmHoldListSchema.parse(await ask('ann', '/enforcement'));
  if (!holds.some(({ scope }) => scope === 'LIQUIDATIONS')) return;
  const said = { scope: 'LIQUIDATIONS', reason: 'an outage: all of them were looked at' };
  for (const subject of ['ann', 'bob']) await ask(subject, '/enforcement/resume', said);
}
