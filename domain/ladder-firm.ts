import type { SeenEnforcement, StaleReason } from './case-events.ts';
import { holdOf } from './firm-enforcement.ts';
import type { FirmHold } from './firm-enforcement.ts';
import type { Evidence } from './ladder-evidence.ts';
import type { LadderState, Release } from './ladder-state.ts';
import type { Policy } from './policy.ts';

/** How a case heeds what holds the enforcement of the whole firm (DESIGN 17, firm-enforcement.ts). */

/** Why nothing at all may escalate; null when it may. */
export function heldFirmwide(evidence: Evidence): StaleReason | null {
  if (evidence.kind !== 'FRESH') return null;
  const hold = holdOf(evidence.enforcement.holds, 'GLOBAL');
  return hold === null ? null : heldReason(hold);
}

/** The symbols that must not be traded. */
export function heldSymbols({ holds }: SeenEnforcement): string[] {
  return holds.flatMap(({ scope }) =>
    scope.startsWith('SYMBOL:') ? [scope.slice('SYMBOL:'.length)] : [],
  );
}

/** Why one of these symbols must not be traded; null when all may be. */
export function heldSymbolReason(
  { holds }: SeenEnforcement,
  symbols: readonly string[],
): StaleReason | null {
  const hold = symbols
    .map((symbol) => holdOf(holds, `SYMBOL:${symbol}`))
    .find((one) => one !== null);
  return hold === undefined ? null : heldReason(hold);
}

/** What is not to be traded of orders that are about to go out, and why; null when all may go. */
export function withheldOrders<Order extends { readonly symbol: string }>(
  holds: readonly FirmHold[],
  orders: readonly Order[],
): { readonly orders: readonly Order[]; readonly reason: StaleReason } | null {
  const found = orders.flatMap((order) => {
    const hold = holdOf(holds, 'GLOBAL') ?? holdOf(holds, `SYMBOL:${order.symbol}`);
    return hold === null ? [] : [{ order, hold }];
  });
  const [first] = found;
  if (first === undefined) return null;
  return { orders: found.map(({ order }) => order), reason: heldReason(first.hold) };
}

/** Is a hold of escalation the firm's will, and no defect of figures? */
export function isFirmHold({ code }: StaleReason): boolean {
  return code === 'ENFORCEMENT_HELD';
}

/** The state after the brake has answered: released from it, or to ask again later. */
export function seeBrake(
  state: LadderState,
  evidence: Evidence,
  policy: Policy,
  now: number,
): LadderState {
  const { release } = state;
  const braked = release?.braked ?? null;
  if (release === null || braked === null || evidence.kind === 'TOLD') return state;
  const isGranted = evidence.kind === 'FRESH' && evidence.enforcement.start === 'GRANTED';
  if (isGranted) return { ...state, release: { ...release, braked: null } };
  if (braked.retryAt > now) return state;
  return { ...state, release: { ...release, braked: brakedAt(policy, now) } };
}

/** The brake's hold on a release as of `now`: the case asks again after a while. */
export function brakedAt(policy: Policy, now: number): NonNullable<Release['braked']> {
  return { retryAt: now + policy.staleRetryMs };
}

/** Is it time to ask whether the brake is still on? */
export function isBrakeRetryDue({ rung, release }: LadderState, now: number): boolean {
  const braked = release?.braked ?? null;
  return rung === 'RESTRICTED' && braked !== null && now >= braked.retryAt;
}

function heldReason({ scope, by, reason }: FirmHold): StaleReason {
  return {
    code: 'ENFORCEMENT_HELD',
    what: scope,
    observed: `held by ${by}: ${reason}`,
    limit: 'resumed by two persons',
  };
}
