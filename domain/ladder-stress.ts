import type { CaseFigures, PricedCaseFigures, StressExcess } from './case-figures.ts';
import type { Evidence } from './ladder-evidence.ts';
import type { LadderState, StressWatch } from './ladder-state.ts';
import { heldFirmwide } from './ladder-firm.ts';
import { add, having, LadderDefect, published } from './ladder-steps.ts';
import type { Progress, RecordContext } from './ladder-steps.ts';
import type { Policy } from './policy.ts';
import { stressVerdict } from './stress-verdict.ts';

/**
 * The `stress` holder (RULES, Stress; DESIGN 11): close-only that goes on after the policy's time
 * underwater, and comes off after as long clear, both on figures proved fresh. It moves no rung.
 */

/** The watch after later figures: a verdict that changed counts from `now` (ms). */
export function seeStress(
  watch: StressWatch,
  figures: CaseFigures,
  policy: Policy,
  now: number,
): StressWatch {
  const verdict = stressVerdict(figures, policy);
  if (verdict === watch.verdict) return watch;
  const wants = verdict === (watch.heldSince === null ? 'UNDERWATER' : 'CLEAR');
  return { ...watch, verdict, since: now, actAt: wants ? now + policy.stressMs : null };
}

/** Is the holder to go on or to come off now? It does not go on while a person holds enforcement. */
export function isStressDue({ stress, enforcementHold }: LadderState, now: number): boolean {
  if (stress.actAt === null || now < stress.actAt) return false;
  return stress.heldSince !== null || enforcementHold === null;
}

/** Puts the due holder on or takes it off, on fresh figures; on stale ones it is looked at again later. */
export function actOnStress(
  progress: Progress,
  evidence: Exclude<Evidence, { kind: 'TOLD' }>,
  context: RecordContext,
): Progress {
  const { state } = progress;
  const { policy, now } = context;
  const goesOn = state.stress.heldSince === null;
  if (evidence.kind === 'STALE' || (goesOn && heldFirmwide(evidence) !== null)) {
    return having(progress, { stress: { ...state.stress, actAt: now + policy.staleRetryMs } });
  }
  return state.stress.heldSince === null
    ? putOn(progress, context)
    : takeOff(progress, state.stress.heldSince, context);
}

function putOn(progress: Progress, context: RecordContext): Progress {
  const { state } = progress;
  const stress = { ...state.stress, actAt: null, heldSince: context.now };
  return add(having(progress, { stress }), context, (recorded) => {
    const fields = published(state, recorded);
    const { since: underwaterSince } = state.stress;
    return { ...fields, type: 'STRESS_ON', underwaterSince, stress: stressIn(fields.seen) };
  });
}

function takeOff(progress: Progress, heldSince: number, context: RecordContext): Progress {
  const { state } = progress;
  const stress = { ...state.stress, actAt: null, heldSince: null };
  return add(having(progress, { stress }), context, (recorded) => ({
    ...published(state, recorded),
    type: 'STRESS_OFF',
    heldSince,
  }));
}

function stressIn({ stress }: PricedCaseFigures): StressExcess {
  if (stress === undefined) throw new LadderDefect('a stress holder without figures of stress');
  return stress;
}
