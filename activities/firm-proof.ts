import type { FiguresReading, Reading, ReadingRequest, StaleReason } from '#domain/case-events.ts';
import type { StartAnswer, StartRequest } from '#domain/firm-enforcement.ts';
import type { Policy } from '#domain/policy.ts';
import type { Clock } from '#ports/clock.ts';
import type { FirmWatch } from '#ports/firm-enforcement.ts';
import type { Logger } from '#ports/logger.ts';

export interface FirmProofPorts {
  readonly firm: FirmWatch;
  readonly policy: Policy;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Adds to fresh figures what the firm holds and, where a liquidation would start, what the brake says
 * (DESIGN 17). The holds are read after the figures: what was held before the case goes on is seen.
 * What cannot be read makes the reading STALE, so that nothing escalates.
 */
export async function withFirmProof(
  { firm, policy, clock, logger }: FirmProofPorts,
  { start, accountId }: ReadingRequest,
  figures: FiguresReading,
): Promise<Reading> {
  if (figures.outcome === 'STALE') return figures;
  try {
    const holds = await firm.holds();
    const isHeld = holds.some(({ scope }) => scope === 'GLOBAL');
    // A liquidation that will not start anyway must not use up what the brake lets go.
    const answer = start === null || isHeld ? null : await brakeAnswer(firm, start, policy);
    return { ...figures, enforcement: { holds, start: answer } };
  } catch (error) {
    logger.warn({ error: String(error), account_id: accountId }, 'enforcement cannot be read');
    return { outcome: 'STALE', readAt: clock.now(), reason: unread(error) };
  }
}

/** The firm's limit is the policy in force, whatever an episode has pinned: it counts over all. */
function brakeAnswer(
  firm: FirmWatch,
  start: StartRequest,
  { brakeAccountsMax: accountsMax, brakeWindowMs: windowMs }: Policy,
): Promise<StartAnswer> {
  return firm.askToStart(start, { accountsMax, windowMs });
}

const REASON_MAX = 100;

function unread(error: unknown): StaleReason {
  return {
    code: 'ENFORCEMENT_UNREAD',
    what: "the firm's holds and the liquidation brake",
    observed: (error instanceof Error ? error.message : String(error)).slice(0, REASON_MAX),
    limit: 'an answer',
  };
}
