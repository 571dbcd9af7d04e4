import type {
  ACKNOWLEDGE_SIGNAL,
  AcknowledgeMessage,
  MACHINE_EVENT_SIGNAL,
} from '#contracts/case-messages.ts';
import { EXECUTION_STATUSES } from '#domain/case-events.ts';
import type { AcknowledgedEvent, MachineEvent } from '#domain/case-events.ts';
import { AMOUNT_MAX_E4 } from '#domain/money.ts';
import { defineSignal } from '@temporalio/workflow';

/** The signals of an account case, and what a case takes of them: anyone with the Web UI can send one. */

export const machineEvent = defineSignal<[MachineEvent], typeof MACHINE_EVENT_SIGNAL>(
  'machineEvent',
);
export const acknowledge = defineSignal<[AcknowledgeMessage], typeof ACKNOWLEDGE_SIGNAL>(
  'acknowledge',
);

/** A signal's payload as a machine event; null when it is none, and then it changes nothing. */
export function parseMachineEvent(payload: unknown): MachineEvent | null {
  return isMachineEvent(payload) ? payload : null;
}

const NAME_MAX = 64;
const NOTE_MAX = 500;

/**
 * An acknowledgement as people send it: an object, a bare name, or nothing at all. What is missing
 * is filled in, what is too long is cut: a person who looked is never turned away.
 */
export function parseAcknowledgement(payload: unknown, now: number): AcknowledgedEvent {
  const fields = isObject(payload) ? payload : { by: payload };
  const by = textOf(fields.by, NAME_MAX) ?? 'somebody (Temporal Web UI)';
  const at = isCount(fields.at) && fields.at <= now ? fields.at : now;
  return { type: 'ACKNOWLEDGED', by, at, note: textOf(fields.note, NOTE_MAX) };
}

function textOf(value: unknown, charactersMax: number): string | null {
  if (typeof value !== 'string' || value.trim() === '') return null;
  return value.trim().slice(0, charactersMax);
}

function isMachineEvent(payload: unknown): payload is MachineEvent {
  if (!isObject(payload)) return false;
  if (payload.type === 'FIGURES') return isFigures(payload.figures);
  return payload.type === 'EXECUTION' && isExecution(payload.execution);
}

function isFigures(figures: unknown): boolean {
  if (!isObject(figures) || !isVersion(figures.version)) return false;
  const seen =
    isCount(figures.asOf) &&
    isAmount(figures.creditedTotalE4) &&
    isCount(figures.fillsPosition) &&
    typeof figures.correlationId === 'string';
  return seen && (isPriced(figures) || isUnpriced(figures));
}

const AMOUNTS = ['equityE4', 'maintenanceReqE4', 'grossMvE4', 'excessE4', 'deficiencyE4'] as const;
const PRICED_STATUSES = ['ACTIVE', 'WARNING', 'MARGIN_CALL'] as const;

function isPriced(figures: Record<string, unknown>): boolean {
  return (
    PRICED_STATUSES.some((status) => status === figures.status) &&
    AMOUNTS.every((name) => isAmount(figures[name])) &&
    (figures.regulatoryReqE4 === undefined || isAmount(figures.regulatoryReqE4)) &&
    (figures.stress === undefined || isStress(figures.stress)) &&
    addsUp(figures)
  );
}

function isStress(stress: unknown): boolean {
  return (
    isObject(stress) &&
    isAmount(stress.severeE4) &&
    isAmount(stress.severeBp) &&
    isAmount(stress.leastE4)
  );
}

/** Figures that contradict themselves, or leave the range of exact cents, are nobody's figures. */
function addsUp(figures: Record<string, unknown>): boolean {
  const { equityE4, maintenanceReqE4, excessE4, deficiencyE4, status } = figures;
  return (
    excessE4 === Number(equityE4) - Number(maintenanceReqE4) &&
    deficiencyE4 === Math.max(0, -excessE4) &&
    (status === 'MARGIN_CALL') === excessE4 < 0
  );
}

function isAmount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Math.abs(Number(value)) <= AMOUNT_MAX_E4;
}

function isUnpriced(figures: Record<string, unknown>): boolean {
  const { status, pricesMissing, blockedBy } = figures;
  return (
    status === 'INDETERMINATE' &&
    Array.isArray(pricesMissing) &&
    pricesMissing.every((symbol) => typeof symbol === 'string') &&
    (blockedBy === undefined ||
      (Array.isArray(blockedBy) && blockedBy.every((block) => typeof block === 'string')))
  );
}

function isVersion(version: unknown): boolean {
  return isObject(version) && isCount(version.generation) && isCount(version.sequence);
}

function isExecution(execution: unknown): boolean {
  return (
    isObject(execution) &&
    typeof execution.execId === 'string' &&
    typeof execution.orderId === 'string' &&
    isCount(execution.cumQtyE4) &&
    EXECUTION_STATUSES.some((status) => status === execution.status) &&
    (execution.fillOffset === null || isCount(execution.fillOffset))
  );
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
