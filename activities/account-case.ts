import type {
  CaseActivities,
  RecordActivity,
  RecordAnswer,
  RecordRequest,
} from '#contracts/case-activities.ts';
import { caseAlerts } from '#contracts/case-alerts.ts';
import { caseRecords } from '#contracts/case-records.ts';
import { refusedCommandRecord } from '#contracts/refused-command.ts';
import { TOPICS } from '#contracts/topics.ts';
import type { Policy } from '#domain/policy.ts';
import type { CommandVerifier } from '#ports/command-envelope.ts';
import type { Holdings } from '#ports/holdings.ts';
import type { OutboundRecord } from '#ports/records.ts';
import { eventIdOf, refusalEventIdOf } from './event-id.ts';
import { alertRecord, notifyCustomer, UnsentAttempts } from './notify-customer.ts';
import type { NoticePorts } from './notify-customer.ts';
import { GLANCE, readFigures } from './read-figures.ts';
import type { ReadingPorts } from './read-figures.ts';
import { sendOrders } from './send-orders.ts';
import { stepNotice } from './step-notice.ts';

export interface CaseActivityPorts extends NoticePorts, ReadingPorts {
  /** For the ways to cure that a notice tells. */
  readonly holdings: Holdings;
  /** The policy that new episodes begin with. */
  readonly policy: Policy;
  /** Opens the envelopes of people's commands. */
  readonly commands: CommandVerifier;
  /** Is told of each action that is on record: for metrics and the log. */
  readonly onRecorded?: (request: RecordRequest, answer: RecordAnswer) => void;
}

/**
 * What account cases do to the world. Steps are written with ids that depend on the step alone, so
 * that a repeated attempt writes the same records again; what cannot be written is tried for ever, by
 * Temporal's retries. Then the customer is told of each step that is the customer's business.
 */
export function createCaseActivities(ports: CaseActivityPorts): CaseActivities {
  const unsent = new UnsentAttempts();
  const record: RecordActivity = async ({ leadingUp, ...request }) => {
    const steps = [...leadingUp.map((action) => ({ ...request, action })), request];
    const answers = await putOnRecord(ports, steps, unsent);
    for (const { step, ackAt } of answers) ports.onRecorded?.(step, { ackAt });
    return { ackAt: answers.at(-1)?.ackAt ?? ports.clock.now() };
  };
  return {
    policyInForce: () => Promise.resolve(ports.policy),
    glanceAtFigures: (request) => readFigures(ports, request, GLANCE),
    readFigures: (request) => readFigures(ports, request),
    verifyCommand: (message) => ports.commands.check(message, ports.clock.now()),
    recordRefusedCommand: async (request) => {
      const content = refusedCommandRecord(request, refusalEventIdOf(request));
      const value = JSON.stringify(content);
      await ports.publisher.publish([{ topic: TOPICS.audit.name, key: request.accountId, value }]);
    },
    warnCustomer: record,
    issueMarginCall: record,
    renotifyMarginCall: record,
    declarePastDue: record,
    restrictToCloseOnly: record,
    triggerLiquidation: record,
    sendLiquidationOrders: (request) => sendOrders(ports, request, record),
    cancelLiquidationOrders: record,
    confirmCallMet: record,
    completeLiquidation: record,
    liftRestriction: record,
    recordInAudit: record,
  };
}

interface OnRecord {
  readonly step: RecordRequest;
  /** When its clock starts, Unix ms. */
  readonly ackAt: number;
}

/** Writes the records of all steps, then makes the first attempt to tell the customer of each. */
async function putOnRecord(
  ports: CaseActivityPorts,
  steps: readonly RecordRequest[],
  unsent: UnsentAttempts,
): Promise<OnRecord[]> {
  const now = ports.clock.now();
  const begunAt = Math.min(now, ports.attempt().scheduledAt ?? now);
  await ports.publisher.publish(steps.flatMap(recordsOf));
  const recordedAt = ports.clock.now();
  // Side by side: a slow channel at one step must not use up the time of the next.
  return Promise.all(
    steps.map(async (step) => {
      const held = ports.holdings.of(step.accountId);
      const notice = stepNotice(step, eventIdOf(step), held, ports.policy);
      if (notice === null) return { step, ackAt: recordedAt };
      const toldAt = await notifyCustomer(ports, { ...step, begunAt }, notice, unsent);
      return { step, ackAt: step.action.type === 'CALL' ? toldAt : recordedAt };
    }),
  );
}

function recordsOf(request: RecordRequest): OutboundRecord[] {
  const eventId = eventIdOf(request);
  const records = caseRecords(request, eventId).map(({ topic, record }) => ({
    topic,
    key: request.accountId,
    value: JSON.stringify(record),
  }));
  return [...records, ...caseAlerts(request).map(alertRecord)];
}
