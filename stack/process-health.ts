import type { RecordedProduct } from './instance-state.ts';

const ANSWER_MS_MAX = 2_000;

/** Whether a process of the product says that it is healthy. */
export async function isProcessHealthy(record: RecordedProduct): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(ANSWER_MS_MAX);
    const response = await fetch(new URL('/healthz', record.metricsUrl), { signal });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    // Whatever the reason, it does not answer as a healthy process does.
    return false;
  }
}
