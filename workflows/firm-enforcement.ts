import type { FirmCommandMessage } from '#contracts/command-envelope.ts';
import type { AskToStart, FirmActivities, FirmCommandReply } from '#contracts/firm-messages.ts';
import type { RefusedCommand } from '#contracts/command-envelope.ts';
import {
  askToStart,
  commandFirm,
  firmAnswerTo,
  holdOf,
  NOTHING_HELD,
} from '#domain/firm-enforcement.ts';
import type { FirmChange, FirmEnforcement, FirmStep } from '#domain/firm-enforcement.ts';
import {
  allHandlersFinished,
  condition,
  continueAsNew,
  currentUpdateInfo,
  log,
  proxyActivities,
  proxyLocalActivities,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { instantText } from './case-text.ts';
import { askToStartUpdate, command, commandRefusal, questionRefusal } from './firm-messages.ts';
import { failureOf } from './refusal-failure.ts';

const activities = proxyActivities<FirmActivities>({
  startToCloseTimeout: '10 seconds',
  retry: {
    initialInterval: '200 milliseconds',
    backoffCoefficient: 2,
    maximumInterval: '10 seconds',
  },
});

const { verifyFirmCommand } = proxyLocalActivities<Pick<FirmActivities, 'verifyFirmCommand'>>({
  startToCloseTimeout: '5 seconds',
});

/** A run takes 2,000 updates at most (Temporal); the next one takes over in time. */
const UPDATES_PER_RUN_MAX = 1_000;

/** What a run starts with: the first one knows nothing, the next ones what the last one knew. */
export interface FirmRun {
  readonly state?: FirmEnforcement;
}

/** What is known, and what is not written down yet. */
interface OpenFirm {
  /** null until what a lost workflow held has been adopted: nobody is answered before. */
  state: FirmEnforcement | null;
  unwritten: FirmChange[];
  updates: number;
}

/**
 * What holds the enforcement of the whole firm, and the liquidation brake (DESIGN 17). There is one: every
 * question comes in its turn, so that no two cases pass the brake at once. It never ends.
 */
export async function firmEnforcement({ state }: FirmRun): Promise<void> {
  const open: OpenFirm = { state: state ?? null, unwritten: [], updates: 0 };
  const firmId = workflowInfo().firstExecutionRunId;
  listen(open, firmId);
  open.state ??= { ...NOTHING_HELD, ...(await activities.adoptHolds()) };

  const mayContinueAsNew = (): boolean =>
    (open.updates >= UPDATES_PER_RUN_MAX || workflowInfo().continueAsNewSuggested) &&
    open.unwritten.length === 0 &&
    allHandlersFinished();

  for (;;) {
    setCurrentDetails(firmPage(open.state));
    await condition(() => open.unwritten.length > 0 || mayContinueAsNew());
    const [change] = open.unwritten;
    if (change !== undefined) {
      const summary = `${change.type} ${change.hold.scope} by ${change.by}`;
      await activities.recordFirmChange.executeWithOptions({ summary }, [{ change, firmId }]);
      open.unwritten = open.unwritten.slice(1);
    } else if (mayContinueAsNew()) {
      await continueAsNew<typeof firmEnforcement>({ state: open.state });
    }
  }
}

function listen(open: OpenFirm, firmId: string): void {
  setHandler(
    askToStartUpdate,
    async ({ requests, limit }: AskToStart) => {
      open.updates += 1;
      await adopted(open);
      const step = askToStart(stateOf(open), requests, limit, Date.now());
      take(open, step);
      return step.answers;
    },
    {
      description: 'For machines: may these liquidations start?',
      validator: (question: unknown) => turnAway(questionRefusal(question)),
    },
  );
  setHandler(command, (message: FirmCommandMessage) => answer(open, message, firmId), {
    description: 'For the API: what a person commands, in a signed envelope.',
    validator: (message: unknown) => turnAway(commandRefusal(message, Date.now())),
  });
}

/** What a command came to, once the world knows of it. Throws its refusal, which is written down. */
async function answer(
  open: OpenFirm,
  message: FirmCommandMessage,
  firmId: string,
): Promise<FirmCommandReply> {
  open.updates += 1;
  const { command: said } = message;
  const refuse = async (by: string | null, refusal: RefusedCommand): Promise<Error> => {
    const refusalId = `${workflowInfo().runId}:${currentUpdateInfo()?.id ?? said.commandId}`;
    const refused = { firmId, refusalId, command: said, by, refusal, refusedAt: Date.now() };
    await activities.recordRefusedFirmCommand(refused);
    return failureOf(refusal);
  };
  const check = await verifyFirmCommand(message);
  if (!check.ok) throw await refuse(null, check.refusal);
  await adopted(open);
  const step = commandFirm(stateOf(open), { ...said, by: check.by }, Date.now());
  take(open, step);
  const given = firmAnswerTo(step.state, said.commandId);
  if (given === null) throw new Error(`the command ${said.commandId} is not decided`);
  if (given.refusal !== null) throw await refuse(check.by, given.refusal);
  // It holds for whoever reads from now on.
  const { version } = step.state;
  await condition(() => open.unwritten.every((change) => change.version > version));
  return { commandId: said.commandId, outcome: given.outcome, holds: step.state.holds };
}

async function adopted(open: OpenFirm): Promise<void> {
  await condition(() => open.state !== null);
}

/**
 * What is known at this very moment. Nothing may be awaited between this and `take`: a question that
 * came between would be answered from the same state, and both would pass the brake.
 */
function stateOf({ state }: OpenFirm): FirmEnforcement {
  if (state === null) throw new Error('nothing is known yet');
  return state;
}

function take(open: OpenFirm, { state, change }: FirmStep): void {
  open.state = state;
  if (change !== null) open.unwritten = [...open.unwritten, change];
}

function turnAway(refusal: RefusedCommand | null): void {
  if (refusal === null) return;
  log.warn('an update was refused at the door', { ...refusal });
  throw failureOf(refusal);
}

/** The page in the Temporal Web UI (current details). */
function firmPage({ holds, starts }: FirmEnforcement): string {
  const brake = holdOf(holds, 'LIQUIDATIONS') === null ? 'off' : '**on**';
  const lines = holds.map(({ scope, by, since, reason, resumeAskedBy }) => {
    const resume = resumeAskedBy === null ? '' : ` **${resumeAskedBy}** asks to resume.`;
    return `- **${scope}** by **${by}** since ${instantText(since)}: ${reason}.${resume}`;
  });
  return [
    '## Enforcement of the firm',
    '',
    ...(lines.length === 0 ? ['Nothing is held.'] : ['Held; two persons resume:', '', ...lines]),
    '',
    `Liquidation brake: ${brake}; ${String(starts.length)} liquidation(s) counted of late.`,
  ].join('\n');
}
