import { PERSONS_AGAINST_BRAKE } from './firm-enforcement.ts';
import type { LadderState, PendingFunds, Release } from './ladder-state.ts';
import type { PlanLeg } from './liquidation-plan.ts';
import { marketValueE4, sumE4 } from './money.ts';
import type { Policy } from './policy.ts';

/** What people have said that a case decides by: releases, funds on their way, holds. */

/** What a plan would trade at its prices, 1/10,000 dollar. Throws MoneyRangeError. */
export function notionalE4(legs: readonly PlanLeg[]): number {
  return sumE4(...legs.map(({ qtyE4, priceE4 }) => marketValueE4(qtyE4, priceE4)));
}

/** How many different persons have to release a liquidation of this size (RULES, Liquidation). */
export function personsNeeded(notional: number, isBraked: boolean, policy: Policy): number {
  if (isBraked) return PERSONS_AGAINST_BRAKE;
  if (policy.liquidationRelease === 'AUTOMATIC') return 0;
  return notional > policy.twoPersonNotionalE4 ? 2 : 1;
}

/** Have enough persons released a liquidation of this size? */
export function isReleased(
  release: Release | null,
  notional: number,
  isBraked: boolean,
  policy: Policy,
): boolean {
  return (release?.releasedBy.length ?? 0) >= personsNeeded(notional, isBraked, policy);
}

/** Was a release asked for that people still owe? */
export function isAwaitingRelease({ release, policy }: LadderState): boolean {
  if (release === null || policy === null) return false;
  return !isReleased(release, release.notionalE4, release.braked !== null, policy);
}

/** Do funds on their way hold escalation at `now` (ms)? */
export function areFundsPending({ funds }: LadderState, now: number): boolean {
  return funds !== null && !funds.isOver && now < funds.expiresAt;
}

/** The funds whose expiry has come unseen; null without. */
export function fundsExpired({ funds }: LadderState, now: number): PendingFunds | null {
  return funds !== null && !funds.isOver && now >= funds.expiresAt ? funds : null;
}
