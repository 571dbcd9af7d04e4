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
import { readFigures } from './read-figures.ts';
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
 * What account cases do to the world. An action is written with ids that depend on the action alone,
 * so that a repeated attempt writes the same records again; what cannot be written is tried for
 * ever, by Temporal's retries. Then the customer is told, if the step is the customer's business.
 */
export function createCaseActivities(ports: CaseActivityPorts): CaseActivities {
  const unsent = new UnsentAttempts();
  const record: RecordActivity = async (request) => {
    const answer = { ackAt: await putOnRecord(ports, request, unsent) };
    ports.onRecorded?.(request, answer);
    return answer;
  };
  return {
    policyInForce: () => Promise.resolve(ports.policy),
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

/** Writes the records and makes the first attempt to tell the customer; when the clock starts, Unix ms. */
async function putOnRecord(
  ports: CaseActivityPorts,
  request: RecordRequest,
  unsent: UnsentAttempts,
): Promise<number> {
  const { accountId, action } = request;
  const eventId = eventIdOf(request);
  const now = ports.clock.now();
  const begunAt = Math.min(now, ports.attempt().scheduledAt ?? now);
  await ports.publisher.publish(recordsOf(request, eventId));
  const ackAt = ports.clock.now();
  const held = ports.holdings.of(accountId);
  const notice = stepNotice(request, eventId, held, ports.policy);
  if (notice === null) return ackAt;
  const attemptedAt = await notifyCustomer(ports, { ...request, begunAt }, notice, unsent);
  return action.type === 'CALL' ? attemptedAt : ackAt;
}

function recordsOf(request: RecordRequest, eventId: string): OutboundRecord[] {
  const records = caseRecords(request, eventId).map(({ topic, record }) => ({
    topic,
    key: request.accountId,
    value: JSON.stringify(record),
  }));
  return [...records, ...caseAlerts(request).map(alertRecord)];
}
