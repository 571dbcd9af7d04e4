import { createHash } from 'node:crypto';
import { z } from 'zod';
import {
  HISTORY_DAYS,
  historyFiguresSchema,
  timelineStepSchema,
} from '#contracts/account-history.ts';
import type { HistoryEntry, TimelineStep } from '#contracts/account-history.ts';
import type { AccountAuditRecord } from '#contracts/case-events.ts';
import { figuresVersionString } from '#contracts/figures-version.ts';
import type { MarginCalcRecord } from '#contracts/margin-figures.ts';
import type { Attributes } from './account-item.ts';

/**
 * The history items of an account in the reference's table (seeds/004): `account_id`, `timestamp`,
 * `equity`, `market_value`, `maintenance_req`, `excess`, `status`, `margin_call_issued_at`, `ttl`.
 *
 * The sort key is the time in ms: a whole number for figures. Steps of a case may share a millisecond:
 * theirs has a fraction of k/1000, k from the step's number, so that they stand apart and in their
 * order. A key of 13 digits with three decimals is exact as a double and in DynamoDB.
 */

const SECONDS_PER_DAY = 86_400;
/** Places in a millisecond. */
export const SLOTS = 1_000;

/** When DynamoDB may delete an item of this time, Unix seconds. */
export function ttlOf(atMs: number): number {
  return Math.floor(atMs / 1_000) + HISTORY_DAYS * SECONDS_PER_DAY;
}

/** The sort key of a step: `slot` 1 … 999. */
export function stepKey(atMs: number, slot: number): number {
  return (atMs * SLOTS + slot) / SLOTS;
}

/** The slot where a step belongs: its number in its case, else one that its id gives. */
export function slotOf(event: AccountAuditRecord): number {
  const number = event.details.action_number;
  const place = Number.isSafeInteger(number) ? Number(number) : idNumber(event.event_id);
  return nextSlot(place - 1);
}

/** The slot after one, within 1 … 999. */
export function nextSlot(slot: number): number {
  return (Math.abs(slot) % (SLOTS - 1)) + 1;
}

function idNumber(eventId: string): number {
  return createHash('sha256').update(eventId).digest().readUInt32BE();
}

/** The attributes of a figures item beside its key. */
export function figuresHistory(record: MarginCalcRecord): Attributes {
  return {
    kind: 'FIGURES',
    status: record.status,
    cause: record.cause,
    figures_version: figuresVersionString(record),
    cash: record.cash,
    market_value: record.total_mv,
    equity: record.equity,
    maintenance_req: record.maintenance_req,
    excess: record.excess,
    deficiency: record.deficiency,
    ttl: ttlOf(record.as_of),
  };
}

/** What a step's details hold when a case wrote them; another writer's may hold none of it. */
const caseDetails = z.object({
  episode: z.int().min(0).nullable().catch(null),
  rung: timelineStepSchema.shape.rung.catch(null),
  figures: timelineStepSchema.shape.figures.catch(null),
  case: z.object({ issued_at: z.int().nullable() }).nullable().catch(null),
});

/** The attributes of a step's item beside its key. */
export function stepHistory(event: AccountAuditRecord): Attributes {
  const known = caseDetails.parse({
    episode: event.details.episode ?? null,
    rung: event.details.rung ?? null,
    figures: event.details.figures ?? null,
    case: event.details.case ?? null,
  });
  const { episode: _episode, rung: _rung, figures: _figures, ...details } = event.details;
  return {
    kind: 'STEP',
    step_of: event.account_id,
    event_id: event.event_id,
    event_type: event.event_type,
    actor: event.actor,
    episode: known.episode,
    rung: known.rung,
    seen: known.figures,
    ...referenceFigures(known.figures),
    margin_call_issued_at: known.case?.issued_at ?? null,
    // As JSON: DynamoDB nests at most 32 levels, and an empty name in a map is refused.
    details: JSON.stringify(details),
    correlation_id: event.correlation_id,
    causation_id: event.causation_id,
    ttl: ttlOf(Date.parse(event.timestamp)),
  };
}

/** The figures of a step where the reference has an account's. */
function referenceFigures(seen: TimelineStep['figures']): Attributes {
  const { status = null, equity = null, maintenance_req = null, excess = null } = seen ?? {};
  return { status, equity, maintenance_req, excess };
}

const storedFigures = historyFiguresSchema.strip();
const storedStep = timelineStepSchema
  .extend({ details: z.string() })
  .strip()
  .transform(({ details, ...step }) => ({
    ...step,
    details: z.record(z.string(), z.unknown()).parse(JSON.parse(details)),
  }));

/** A stored item as an entry. Throws when it is none of this product's. */
export function decodeEntry(item: Attributes): HistoryEntry {
  const at = Math.floor(Number(item.timestamp));
  return item.kind === 'STEP'
    ? storedStep.parse({ ...item, actor: item.actor ?? null, at, figures: item.seen })
    : storedFigures.parse({ ...item, at });
}
