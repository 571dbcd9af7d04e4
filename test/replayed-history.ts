import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { defaultPayloadConverter } from '@temporalio/common';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { Worker } from '@temporalio/worker';
import type { InjectedSinks, WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { z } from 'zod';
import type { ReplayedCommand, ReplaySinks } from './replayed-commands.ts';

/** The module that has to be among a bundle's interceptors, so that its commands are told. */
export const COMMAND_WATCH = fileURLToPath(new URL('./replayed-commands.ts', import.meta.url));

/** How a committed history is replayed, and the commands that the workflow gives on the way. */
export interface Replayed {
  readonly error: Error | undefined;
  readonly given: readonly ReplayedCommand[];
  readonly recorded: readonly ReplayedCommand[];
}

/** Replays test/histories/<name>.json with the workflows of a bundle. */
export async function replay(bundle: WorkflowBundleWithSourceMap, name: string): Promise<Replayed> {
  const url = new URL(`./histories/${name}.json`, import.meta.url);
  const history: unknown = JSON.parse(await readFile(url, 'utf8'));
  const given: ReplayedCommand[] = [];
  const sinks: InjectedSinks<ReplaySinks> = {
    replay: {
      given: { callDuringReplay: true, fn: (_info, command) => void given.push(command) },
      withdrawn: {
        callDuringReplay: true,
        fn: (_info, ms) => {
          const at = given.findLastIndex(
            (command) => command.kind === 'TIMER' && command.ms === ms,
          );
          given.splice(at, 1);
        },
      },
    },
  };
  const histories = [{ workflowId: workflowIdIn(historyFromJSON(history)), history }];
  const options = { workflowBundle: bundle, sinks };
  for await (const { error } of Worker.runReplayHistories(options, histories)) {
    return { error, given, recorded: recordedIn(historyFromJSON(history)) };
  }
  throw new Error(`${name} was not replayed`);
}

type History = ReturnType<typeof historyFromJSON>;

/** What a case tells its activities holds its own id. */
function workflowIdIn({ events }: History): string {
  const started = events?.[0]?.workflowExecutionStartedEventAttributes;
  return started?.workflowId ?? '';
}

/** The commands that the recorded workflow gave, in their order. */
function recordedIn({ events }: History): ReplayedCommand[] {
  return (events ?? []).flatMap<ReplayedCommand>((event) => {
    const timer = event.timerStartedEventAttributes?.startToFireTimeout;
    if (timer) {
      return [{ kind: 'TIMER', ms: Number(timer.seconds ?? 0) * 1_000 + (timer.nanos ?? 0) / 1e6 }];
    }
    const next = event.workflowExecutionContinuedAsNewEventAttributes;
    if (next) return [{ kind: 'CONTINUE_AS_NEW', args: valuesOf(next.input) }];
    const marker = event.markerRecordedEventAttributes;
    if (marker) return [{ kind: 'LOCAL_ACTIVITY', type: localActivityIn(marker.details?.data) }];
    const activity = event.activityTaskScheduledEventAttributes;
    if (!activity) return [];
    const type = activity.activityType?.name ?? '';
    return [{ kind: 'ACTIVITY', type, args: valuesOf(activity.input) }];
  });
}

/** The only markers of a workflow here are those of its local activities. */
function localActivityIn(data: { readonly payloads?: Payloads | null } | undefined): string {
  const [told] = valuesOf(data);
  return z.object({ activity_type: z.string() }).parse(told).activity_type;
}

type Payloads = Parameters<typeof defaultPayloadConverter.fromPayload>[0][];

function valuesOf(input: { readonly payloads?: Payloads | null } | null | undefined): unknown[] {
  return (input?.payloads ?? []).map((payload) =>
    defaultPayloadConverter.fromPayload<unknown>(payload),
  );
}
