import { RUNG_NAMES } from '#contracts/case-events.ts';
import type { RecordAnswer, RecordRequest } from '#contracts/case-activities.ts';
import type { Metrics } from '#ports/metrics.ts';
import type { Logger } from '#ports/logger.ts';
import type { CaseCounts } from './case-census.ts';

/** Is told of every action of a case that is on record. */
export type OnRecorded = (request: RecordRequest, answer: RecordAnswer) => void;

/** Counts the steps of cases, how late they came, how long they were held, and logs each. */
export function observeCases(metrics: Metrics, logger: Logger): OnRecorded {
  const actions = metrics.counter('sentinel_case_actions_total');
  const reaction = metrics.histogram('sentinel_case_reaction_seconds');
  const lateness = metrics.histogram('sentinel_case_timer_lateness_seconds');
  const early = metrics.counter('sentinel_case_timer_early_total');
  const holds = metrics.counter('sentinel_case_holds_total');
  const holdSeconds = metrics.histogram('sentinel_case_hold_seconds');
  // The first one must show as a rise from 0: an alert cannot see a series that begins at 1.
  for (const deadline of ['due', 'liquidation']) early.inc({ deadline }, 0);
  const observeDeadline = (deadline: string, at: number, decidedAt: number): void => {
    if (decidedAt < at) early.inc({ deadline });
    lateness.observe({ deadline }, Math.max(0, decidedAt - at) / 1_000);
  };
  return (request, { ackAt }) => {
    const { action, summary } = request;
    actions.inc({ action: action.type, proof: action.proof });
    if (action.type === 'WARN' || action.type === 'CALL') {
      reaction.observe({ action: action.type }, (ackAt - action.seen.asOf) / 1_000);
    }
    if (action.type === 'PAST_DUE') observeDeadline('due', action.call.dueAt, action.decidedAt);
    if (action.type === 'TRIGGER' && summary.liquidateAt !== null) {
      observeDeadline('liquidation', summary.liquidateAt, action.decidedAt);
    }
    if (action.type === 'HOLD') holds.inc({ code: action.reason.code });
    if (action.type === 'HOLD_CLEARED') {
      const seconds = (action.decidedAt - action.heldSince) / 1_000;
      holdSeconds.observe({ code: action.reason.code }, seconds);
    }
    logger.info(
      {
        event: 'case_action',
        action: action.type,
        account_id: request.accountId,
        rung: action.rung,
        episode: action.episode,
        proof: action.proof,
        correlation_id: action.correlationId,
        workflow_id: request.workflowId,
        run_id: request.runId,
      },
      'a step of a case is on record',
    );
  };
}

/** Shows case counts as they were told last. */
export function showCaseCounts(metrics: Metrics): (counts: CaseCounts) => void {
  const cases = metrics.gauge('sentinel_cases');
  return (counts) => {
    for (const rung of RUNG_NAMES) cases.set({ rung }, counts.get(rung) ?? 0);
  };
}
