import {
  ASK_TO_START_UPDATE,
  FIRM_COMMAND_UPDATE,
  FIRM_ENFORCEMENT_WORKFLOW,
  firmEnforcementId,
  START_REQUESTS_MAX,
} from '#contracts/firm-messages.ts';
import type { AskToStart, FirmCommandReply } from '#contracts/firm-messages.ts';
import type { FirmCommandMessage } from '#contracts/command-envelope.ts';
import type { FirmDesk, FirmWatch } from '#ports/firm-enforcement.ts';
import { WithStartWorkflowOperation } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import type { Workflow } from '@temporalio/common';
import { unobeyed } from './case-command.ts';
import { caseTaskQueue } from './cases.ts';
import type { TemporalSurroundings } from './connection.ts';

/** An update takes some 40 ms; without a worker it would wait for ever (PLATFORM, Updates). */
const UPDATE_MS_MAX = 4_000;

/** The firm's enforcement on a Temporal server; its workflow is started when it is first needed. */
export function createFirmEnforcement(
  client: Client,
  { prefix }: Pick<TemporalSurroundings, 'prefix'>,
): FirmDesk & Pick<FirmWatch, 'askToStart'> {
  const update = <Reply>(name: string, argument: unknown, updateId?: string): Promise<Reply> =>
    client.withDeadline(Date.now() + UPDATE_MS_MAX, () =>
      client.workflow.executeUpdateWithStart<Workflow, Reply, [unknown]>(name, {
        args: [argument],
        ...(updateId === undefined ? {} : { updateId }),
        startWorkflowOperation: new WithStartWorkflowOperation(FIRM_ENFORCEMENT_WORKFLOW, {
          workflowId: firmEnforcementId(prefix),
          taskQueue: caseTaskQueue(prefix),
          args: [{}],
          workflowIdConflictPolicy: 'USE_EXISTING',
          staticSummary: 'Enforcement of the firm: holds and the liquidation brake',
        }),
      }),
    );
  const starts = new AskedTogether((asked) => update(ASK_TO_START_UPDATE, asked));
  return {
    askToStart: (request, limit) => starts.ask(request, limit),
    command: async (message: FirmCommandMessage) => {
      try {
        const { commandId } = message.command;
        const reply = await update<FirmCommandReply>(FIRM_COMMAND_UPDATE, message, commandId);
        return { kind: 'OBEYED', reply };
      } catch (error) {
        return unobeyed(error);
      }
    },
  };
}

type StartRequest = AskToStart['requests'][number];
type BrakeLimit = AskToStart['limit'];
type StartAnswer = Awaited<ReturnType<FirmWatch['askToStart']>>;

interface Asking {
  readonly request: StartRequest;
  readonly limit: BrakeLimit;
  readonly resolve: (answer: StartAnswer) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * One question at a time, with all who have come meanwhile: in a crash a thousand cases ask at once, and a
 * workflow takes ten updates at a time. Who asks again is known by case and episode.
 */
class AskedTogether {
  readonly #send: (asked: AskToStart) => Promise<readonly StartAnswer[]>;
  #waiting: Asking[] = [];
  #isAsking = false;

  constructor(send: (asked: AskToStart) => Promise<readonly StartAnswer[]>) {
    this.#send = send;
  }

  ask(request: StartRequest, limit: BrakeLimit): Promise<StartAnswer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ request, limit, resolve, reject });
      if (!this.#isAsking) void this.#askAll();
    });
  }

  async #askAll(): Promise<void> {
    this.#isAsking = true;
    while (this.#waiting.length > 0) {
      const together = this.#waiting.splice(0, START_REQUESTS_MAX);
      try {
        await this.#askSome(together);
      } catch (error) {
        for (const { reject } of together) reject(error);
      }
    }
    this.#isAsking = false;
  }

  async #askSome(together: readonly Asking[]): Promise<void> {
    const [first] = together;
    if (first === undefined) return;
    const requests = together.map(({ request }) => request);
    const answers = await this.#send({ requests, limit: first.limit });
    together.forEach(({ resolve, reject }, index) => {
      const answer = answers[index];
      if (answer === undefined) reject(new Error('the brake did not answer this one'));
      else resolve(answer);
    });
  }
}
