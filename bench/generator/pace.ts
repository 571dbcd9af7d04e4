/** What is due is sent this often. */
const TICK_MS = 2;
/** A start a little ahead: the first records are not late because of the start itself. */
const START_AFTER_MS = 100;

/** One of a series, and the instant at which it was to be sent, Unix ms. */
export interface Due {
  readonly index: number;
  readonly at: number;
}

/**
 * Open-loop load: `count` things at `ratePerS`, each due at its own instant. What is due is sent
 * without waiting for what was sent before; a sender that is late sends late, and its latencies
 * count from the instant at which it should have. Resolves when everything is acknowledged.
 */
export async function pace(
  ratePerS: number,
  count: number,
  send: (due: readonly Due[]) => Promise<unknown>,
): Promise<void> {
  const startAt = Date.now() + START_AFTER_MS;
  const sending: Promise<unknown>[] = [];
  let failure: Error | undefined;
  for (let sent = 0; sent < count && failure === undefined;) {
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    const elapsedMs = Date.now() - startAt;
    const dueCount = Math.min(count, Math.floor((elapsedMs * ratePerS) / 1_000) + 1);
    if (dueCount <= sent) continue;
    const due = Array.from({ length: dueCount - sent }, (_, offset) => {
      const index = sent + offset;
      return { index, at: startAt + Math.floor((index * 1_000) / ratePerS) };
    });
    sent = dueCount;
    sending.push(
      send(due).catch((error: unknown) => {
        failure = error instanceof Error ? error : new Error(String(error));
      }),
    );
  }
  await Promise.all(sending);
  if (failure !== undefined) throw failure;
}
