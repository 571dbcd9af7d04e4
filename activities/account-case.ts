import type { CaseActivities, RecordActivity } from '#contracts/case-activities.ts';
import { caseRecords } from '#contracts/case-records.ts';
import type { Policy } from '#domain/policy.ts';
import type { Clock } from '#ports/clock.ts';
import type { FiguresReader } from '#ports/figures-reader.ts';
import type { Publisher } from '#ports/publisher.ts';
import { eventIdOf } from './event-id.ts';

export interface CaseActivityPorts {
  readonly publisher: Publisher;
  readonly figures: FiguresReader;
  /** The policy that new episodes begin with. */
  readonly policy: Policy;
  readonly clock: Clock;
}

/**
 * What account cases do to the world. An action is written with ids that depend on the action alone,
 * so that a repeated attempt writes the same records again; what cannot be written is tried for
 * ever, by Temporal's retries.
 */
export function createCaseActivities(ports: CaseActivityPorts): CaseActivities {
  const record: RecordActivity = async (request) => {
    const records = caseRecords(request, eventIdOf(request)).map(({ topic, record: content }) => ({
      topic,
      key: request.accountId,
      value: JSON.stringify(content),
    }));
    await ports.publisher.publish(records);
    return { ackAt: ports.clock.now() };
  };
  return {
    policyInForce: () => Promise.resolve(ports.policy),
    readFigures: (request) => ports.figures.read(request),
    warnCustomer: record,
    issueMarginCall: record,
    renotifyMarginCall: record,
    declarePastDue: record,
    restrictToCloseOnly: record,
    triggerLiquidation: record,
    sendLiquidationOrders: record,
    cancelLiquidationOrders: record,
    confirmCallMet: record,
    completeLiquidation: record,
    liftRestriction: record,
    recordInAudit: record,
  };
}
