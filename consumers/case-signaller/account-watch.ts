import type { CaseFigures } from '#domain/case-figures.ts';
import { edgeOf, edgeOfAcknowledged, mayHaveOpenCall, toldBy } from '#domain/edges.ts';
import type { AcknowledgedFigures, EdgeReason, ToldFigures } from '#domain/edges.ts';
import { isLater } from '#domain/figures-version.ts';
import type { Policy } from '#domain/policy.ts';

/** What is told to a case: the figures and why they are news. */
export interface News {
  readonly reason: EdgeReason;
  readonly figures: CaseFigures;
}

/** The last figures of one account, and what its case was told of them. */
export class AccountWatch {
  readonly accountId: string;
  #latest: CaseFigures;
  #told: ToldFigures | null = null;
  /** When the case was told last, Unix ms. */
  #toldAt = -Infinity;
  /** What the sweep found: told again whatever was told before. */
  #healing: EdgeReason | null = null;
  /** The case said that it may have a call open: the next delivery keeps it. */
  #callMayBeOpen = false;
  /** What is being told just now. */
  #underWay: { readonly reason: EdgeReason; readonly told: ToldFigures } | null = null;
  /**
   * An edge among the figures that were not sent: the case may have seen them by its own reading, so
   * the latest are told even when they came back to what was told before.
   */
  #passed: EdgeReason | null = null;

  constructor(accountId: string, figures: CaseFigures) {
    this.accountId = accountId;
    this.#latest = figures;
  }

  /** 1/10,000 dollar; 0 while a price is missing. */
  get deficiencyE4(): number {
    return this.#latest.status === 'INDETERMINATE' ? 0 : this.#latest.deficiencyE4;
  }

  /** Takes figures; false when they are not later than those known. */
  observe(figures: CaseFigures, policy: Policy): boolean {
    if (!isLater(figures.version, this.#latest.version)) return false;
    this.#latest = figures;
    const told = this.#underWay?.told ?? this.#told;
    if (told !== null) this.#passed ??= edgeOf(told, figures, policy);
    return true;
  }

  /** The latest figures when they are news to the case, else null. */
  news(policy: Policy): News | null {
    const reason = this.#healing ?? edgeOf(this.#told, this.#latest, policy) ?? this.#passed;
    return reason === null ? null : { reason, figures: this.#latest };
  }

  /** The news as they go out: what comes from now on is measured from them. */
  begin(policy: Policy): News | null {
    const news = this.news(policy);
    if (news === null) return null;
    this.#underWay = { reason: news.reason, told: toldBy(this.#told, news.figures, policy) };
    this.#passed = null;
    return news;
  }

  /** The case has been told. `now` is Unix ms. */
  delivered(figures: CaseFigures, policy: Policy, now: number): void {
    const told = toldBy(this.#told, figures, policy);
    this.#told = { ...told, callMayBeOpen: told.callMayBeOpen || this.#callMayBeOpen };
    this.#toldAt = now;
    this.#healing = null;
    this.#callMayBeOpen = false;
    this.#underWay = null;
  }

  /** The case was perhaps not told: what was to be told has to be told still, by the latest figures. */
  failed(): void {
    const reason = this.#passed ?? this.#underWay?.reason ?? null;
    // Before the first delivery trouble that passed needs no case.
    this.#passed = this.#told === null ? null : reason;
    this.#underWay = null;
  }

  /**
   * Compares with what the case acknowledged; null: there is no case. A case that was told after
   * `settledAt`, Unix ms, may not show it yet and is left alone. Returns why the case has to be told
   * again, or null.
   */
  swept(
    acknowledged: AcknowledgedFigures | null,
    policy: Policy,
    settledAt: number,
  ): EdgeReason | null {
    if (this.#toldAt > settledAt) return null;
    this.#healing = edgeOfAcknowledged(acknowledged, this.#latest, policy);
    if (acknowledged === null) {
      // A lost case knows nothing: the new one has to be told anew.
      this.#told = null;
      this.#passed = null;
      this.#callMayBeOpen = false;
    } else if (this.#healing === null && acknowledged.version !== null) {
      this.#told = this.#inStepWith(acknowledged, acknowledged.version, policy);
      this.#passed = null;
      this.#callMayBeOpen = this.#told.callMayBeOpen;
    } else {
      this.#callMayBeOpen ||= mayHaveOpenCall(acknowledged);
    }
    return this.#healing;
  }

  /** What the case was told as it says itself: also after a restart, when nothing else is known. */
  #inStepWith(
    acknowledged: AcknowledgedFigures,
    version: CaseFigures['version'],
    policy: Policy,
  ): ToldFigures {
    const told = this.#told;
    if (told !== null && isLater(told.version, version)) return told;
    const sameVersion = told !== null && !isLater(version, told.version);
    return {
      ...(sameVersion ? told : toldBy(null, this.#latest, policy)),
      version,
      deficiencyE4: acknowledged.deficiencyE4,
      stress: acknowledged.stress,
      callMayBeOpen: mayHaveOpenCall(acknowledged),
    };
  }
}
