import type { CaseFigures } from './case-figures.ts';
import { isCritical } from './critical.ts';
import { hasMovedByStep } from './deficiency-step.ts';
import { isLater } from './figures-version.ts';
import type { FiguresVersion } from './figures-version.ts';
import { statusOf } from './margin.ts';
import type { MarginStatus } from './margin.ts';
import { isBelowShare } from './money.ts';
import type { Policy } from './policy.ts';
import { stressVerdict } from './stress-verdict.ts';
import type { StressVerdict } from './stress-verdict.ts';

/**
 * The edges that a case is told (DESIGN 7): which figures are news to it. Pure; the case-signaller
 * decides by it what to signal, the sweep what was lost.
 */

/** Why figures are news to a case. */
export const EDGE_REASONS = [
  /** Nothing was told yet and the account is not healthy. */
  'FIRST',
  /** The status changed class: healthy, thin, deficient. */
  'STATUS',
  /** A price went missing, or the last missing one came. */
  'INDETERMINATE',
  /** The excess crossed the level from which a cure by the market counts. */
  'HYSTERESIS',
  /** The equity fell to where an open call is accelerated, or rose from there. */
  'CRITICAL',
  /** How the account stands under stress changed. */
  'STRESS',
  /** The deficiency moved by the policy's step. */
  'DEFICIENCY',
  /** Fills or cash changed the account while a call may be open. */
  'CREDIT',
  /** The sweep found a case with an open call on older figures. */
  'HEALED',
] as const;
export type EdgeReason = (typeof EDGE_REASONS)[number];

/** The last figures that the signaller told a case. */
export interface ToldFigures {
  readonly version: FiguresVersion;
  /** By the policy that the signaller has, not the engine's. */
  readonly status: MarginStatus;
  readonly aboveHysteresis: boolean;
  readonly isCritical: boolean;
  readonly stress: StressVerdict;
  readonly deficiencyE4: number;
  readonly creditedTotalE4: number;
  /** True from a deficiency on, until the case is known to rest below MARGIN_CALL. */
  readonly callMayBeOpen: boolean;
}

/** What a case says it has seen last (its search attributes). */
export interface AcknowledgedFigures {
  readonly rung: string;
  readonly status: MarginStatus;
  /** null before the case has taken any figures. */
  readonly version: FiguresVersion | null;
  readonly deficiencyE4: number;
  readonly stress: StressVerdict;
}

/** Why `figures` are to be told to the case, or null when they are no news. */
export function edgeOf(
  told: ToldFigures | null,
  figures: CaseFigures,
  policy: Policy,
): EdgeReason | null {
  const next = toldBy(told, figures, policy);
  if (told === null) return isTrouble(next) ? 'FIRST' : null;
  if (!isLater(figures.version, told.version)) return null;
  return (
    statusEdge(told.status, next.status) ?? stressEdge(told, next) ?? callEdge(told, next, policy)
  );
}

/** Does an account that has no case need one? */
function isTrouble({ status, stress }: Pick<ToldFigures, 'status' | 'stress'>): boolean {
  return status !== 'ACTIVE' || stress === 'UNDERWATER';
}

function stressEdge(
  told: Pick<ToldFigures, 'stress'>,
  next: Pick<ToldFigures, 'stress'>,
): EdgeReason | null {
  return told.stress === next.stress ? null : 'STRESS';
}

/** Did the status change class? */
function statusEdge(told: MarginStatus, next: MarginStatus): EdgeReason | null {
  if (next === told) return null;
  return next === 'INDETERMINATE' || told === 'INDETERMINATE' ? 'INDETERMINATE' : 'STATUS';
}

/** Did something move that an open call, or one to come, is decided by? */
function callEdge(told: ToldFigures, next: ToldFigures, policy: Policy): EdgeReason | null {
  if (told.callMayBeOpen && next.creditedTotalE4 !== told.creditedTotalE4) return 'CREDIT';
  if (told.callMayBeOpen && next.aboveHysteresis !== told.aboveHysteresis) return 'HYSTERESIS';
  if (next.isCritical !== told.isCritical) return 'CRITICAL';
  return hasMovedByStep(told.deficiencyE4, next.deficiencyE4, policy) ? 'DEFICIENCY' : null;
}

/** What the case has been told once `figures` are delivered to it. */
export function toldBy(
  told: ToldFigures | null,
  figures: CaseFigures,
  policy: Policy,
): ToldFigures {
  const priced = figures.status !== 'INDETERMINATE';
  return {
    version: figures.version,
    status: priced
      ? statusOf(figures.excessE4, figures.grossMvE4, policy.warningBand)
      : 'INDETERMINATE',
    aboveHysteresis:
      priced && !isBelowShare(figures.excessE4, policy.hysteresisRate, figures.grossMvE4),
    isCritical: priced && isCritical(figures, policy),
    stress: stressVerdict(figures, policy),
    deficiencyE4: priced ? figures.deficiencyE4 : 0,
    creditedTotalE4: figures.creditedTotalE4,
    callMayBeOpen: (told?.callMayBeOpen ?? false) || (priced && figures.deficiencyE4 > 0),
  };
}

/**
 * The sweep: why `figures` are to be told to a case that acknowledged `acknowledged` (null: there is
 * no case), or null. With a call open every newer version is told, so that a lost credit, crossing
 * or fill heals.
 */
export function edgeOfAcknowledged(
  acknowledged: AcknowledgedFigures | null,
  figures: CaseFigures,
  policy: Policy,
): EdgeReason | null {
  const next = toldBy(null, figures, policy);
  if (acknowledged === null) return isTrouble(next) ? 'FIRST' : null;
  if (!isLater(figures.version, acknowledged.version)) return null;
  const changed = statusEdge(acknowledged.status, next.status) ?? stressEdge(acknowledged, next);
  if (changed !== null) return changed;
  if (hasOpenCall(acknowledged.rung)) return 'HEALED';
  return hasMovedByStep(acknowledged.deficiencyE4, next.deficiencyE4, policy) ? 'DEFICIENCY' : null;
}

/** Has a case on this rung a call open? An unknown rung counts as one: it is told more, not less. */
function hasOpenCall(rung: string): boolean {
  return rung !== 'ACTIVE' && rung !== 'WARNING';
}

/**
 * May the case have a call open by what it says itself? A case that is held has none yet while it is
 * deficient, but waits for the same credits (RULES, Calls).
 */
export function mayHaveOpenCall(acknowledged: AcknowledgedFigures): boolean {
  return hasOpenCall(acknowledged.rung) || acknowledged.deficiencyE4 > 0;
}
