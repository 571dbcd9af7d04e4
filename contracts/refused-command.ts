import type { CaseCommand } from '#domain/case-commands.ts';
import type { Rung } from '#domain/ladder-state.ts';
import { MACHINE_ACTORS } from './audit-actors.ts';
import type { AccountAuditRecord } from './case-events.ts';
import type { RefusedCommand } from './command-envelope.ts';

/** A command that a case did not obey, for audit.v1. */
export interface RefusedCommandRequest {
  readonly accountId: string;
  /** The first execution run id of the case. */
  readonly caseId: string;
  /** Tells this refusal from others: a repeated attempt to write it writes the same event. */
  readonly refusalId: string;
  readonly command: Pick<CaseCommand, 'commandId' | 'type' | 'episode'>;
  /** Who gave it; null when no envelope proves that. */
  readonly by: string | null;
  readonly refusal: RefusedCommand;
  readonly rung: Rung;
  /** The case's episode. */
  readonly episode: number;
  /** Unix ms. */
  readonly refusedAt: number;
}

/** The audit event of a refused command: what was asked, by whom, and why not. No envelope, no key. */
export function refusedCommandRecord(
  request: RefusedCommandRequest,
  eventId: string,
): AccountAuditRecord {
  const { command, refusal } = request;
  return {
    event_id: eventId,
    event_type: 'COMMAND_REFUSED',
    account_id: request.accountId,
    actor: MACHINE_ACTORS.accountCase,
    timestamp: new Date(request.refusedAt).toISOString(),
    details: {
      command: command.type,
      command_id: command.commandId,
      expected_episode: command.episode,
      by: request.by,
      code: refusal.code,
      observed: refusal.observed,
      limit: refusal.limit,
      rung: request.rung,
      episode: request.episode,
    },
    correlation_id: request.caseId,
    causation_id: command.commandId,
  };
}
