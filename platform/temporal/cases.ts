import {
  ACCOUNT_CASE_TASK_QUEUE,
  ACCOUNT_CASE_WORKFLOW,
  accountCaseId,
  accountOfCaseId,
  ACKNOWLEDGE_SIGNAL,
  acknowledgeSchema,
  CASE_SEARCH_ATTRIBUTES,
  MACHINE_EVENT_SIGNAL,
} from '#contracts/case-messages.ts';
import type { AccountCaseInput } from '#contracts/case-messages.ts';
import { RUNG_NAMES } from '#contracts/case-events.ts';
import { parseFiguresVersion } from '#contracts/figures-version.ts';
import { toE4 } from '#contracts/wire.ts';
import type { AcknowledgedCase, CaseCommands, CaseSignals } from '#ports/cases.ts';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import { sendCommand } from './case-command.ts';
import type { TemporalSurroundings } from './connection.ts';

/** A signal takes 10 ms; a server that takes longer than this is not there (PLATFORM, Temporal). */
const SIGNAL_MS_MAX = 3_000;
/** All pages of a listing. */
const LIST_MS_MAX = 30_000;
const PAGE_SIZE = 1_000;

const RUNG = defineSearchAttributeKey('SentinelRung', CASE_SEARCH_ATTRIBUTES.SentinelRung);
const STATUS = defineSearchAttributeKey('SentinelStatus', CASE_SEARCH_ATTRIBUTES.SentinelStatus);
const VERSION = defineSearchAttributeKey(
  'SentinelFiguresVersion',
  CASE_SEARCH_ATTRIBUTES.SentinelFiguresVersion,
);
const DEFICIENCY = defineSearchAttributeKey(
  'SentinelDeficiency',
  CASE_SEARCH_ATTRIBUTES.SentinelDeficiency,
);

const STRESS = defineSearchAttributeKey('SentinelStress', CASE_SEARCH_ATTRIBUTES.SentinelStress);

/** What a stranger to the page needs to know; lost when the case continues as new. */
const CASE_DETAILS = [
  'ACTIVE → WARNING → MARGIN_CALL → RESTRICTED → LIQUIDATING → UNSECURED_DEFICIT',
  '',
  'The case goes up on fresh figures and timers by itself, and down when the call is met.',
  'Commands of people (cure, extend, release, hold, resume) come through the API, signed.',
  'Send the signal `hold` with `{"by": "your name", "reason": "why"}` to stop every escalation of this account at once.',
  'Send the signal `acknowledge` with `{"by": "your name", "note": "what you do"}` to record that you have seen it.',
].join('\n');

/** The visibility query of the product's running cases. */
export function runningCases(prefix: string): string {
  return [
    `WorkflowType = '${ACCOUNT_CASE_WORKFLOW}'`,
    `ExecutionStatus = 'Running'`,
    `TaskQueue = '${caseTaskQueue(prefix)}'`,
  ].join(' AND ');
}

/** The task queue of account cases under a prefix. */
export function caseTaskQueue(prefix: string): string {
  return `${prefix}${ACCOUNT_CASE_TASK_QUEUE}`;
}

/** Account cases on a Temporal server (ports/cases.ts). */
export function createCases(
  client: Client,
  { prefix }: Pick<TemporalSurroundings, 'prefix'>,
): CaseCommands & CaseSignals {
  const taskQueue = caseTaskQueue(prefix);
  return {
    deliver: async (accountId, event) => {
      const input: AccountCaseInput = { accountId };
      await client.withDeadline(Date.now() + SIGNAL_MS_MAX, () =>
        client.workflow.signalWithStart(ACCOUNT_CASE_WORKFLOW, {
          workflowId: accountCaseId(prefix, accountId),
          taskQueue,
          args: [input],
          signal: MACHINE_EVENT_SIGNAL,
          signalArgs: [event],
          workflowIdConflictPolicy: 'USE_EXISTING',
          staticSummary: `Margin case of ${accountId}`,
          staticDetails: CASE_DETAILS,
        }),
      );
    },
    acknowledge: async ({ accountId, by, at, note }) => {
      const handle = client.workflow.getHandle(accountCaseId(prefix, accountId));
      const message = acknowledgeSchema.parse({ by, at, note });
      try {
        await client.withDeadline(Date.now() + SIGNAL_MS_MAX, () =>
          handle.signal(ACKNOWLEDGE_SIGNAL, message),
        );
        return 'RECORDED';
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return 'NO_CASE';
        throw error;
      }
    },
    command: (message) => sendCommand(client, accountCaseId(prefix, message.accountId), message),
    async *acknowledged() {
      yield* await client.withDeadline(Date.now() + LIST_MS_MAX, () => list(client, prefix));
    },
  };
}

async function list(client: Client, prefix: string): Promise<AcknowledgedCase[]> {
  const query = runningCases(prefix);
  const cases: AcknowledgedCase[] = [];
  for await (const execution of client.workflow.list({ query, pageSize: PAGE_SIZE })) {
    const acknowledged = decode(execution, prefix);
    if (acknowledged !== null) cases.push(acknowledged);
  }
  return cases;
}

function decode(execution: WorkflowExecutionInfo, prefix: string): AcknowledgedCase | null {
  const accountId = accountOfCaseId(prefix, execution.workflowId);
  if (accountId === null) return null;
  const attributes = execution.typedSearchAttributes;
  const status = attributes.get(STATUS);
  return {
    accountId,
    rung: attributes.get(RUNG) ?? RUNG_NAMES[0],
    status:
      status === 'WARNING' || status === 'MARGIN_CALL' || status === 'INDETERMINATE'
        ? status
        : 'ACTIVE',
    version: parseFiguresVersion(attributes.get(VERSION) ?? ''),
    deficiencyE4: toE4(attributes.get(DEFICIENCY) ?? 0),
    stress: stressIn(attributes.get(STRESS)),
  };
}

/** A case shows how it stands under stress only while that is not clear. */
function stressIn(value: string | undefined): AcknowledgedCase['stress'] {
  return value === 'UNDERWATER' || value === 'BETWEEN' ? value : 'CLEAR';
}
