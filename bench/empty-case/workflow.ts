import { condition, defineSignal, proxyActivities, setHandler, sleep } from '@temporalio/workflow';

/** Activities of the empty case. */
export interface EmptyCaseActivities {
  /** Is told when the case was due to be started, Unix ms. */
  act(dueAt: number): Promise<void>;
}

const { act } = proxyActivities<EmptyCaseActivities>({ startToCloseTimeout: '10 seconds' });

/** What a margin case is to the server, and nothing else: a signal, an activity at once, and a timer. */
export async function emptyCase(): Promise<void> {
  const told: number[] = [];
  setHandler(defineSignal<[number]>('told'), (dueAt) => {
    told.push(dueAt);
  });
  await condition(() => told.length > 0);
  await act(told[0] ?? 0);
  await sleep('1 day');
}
