import type { AccountChronicle, ToldStep } from './chronicle.ts';
import { DUE_AFTER_MS, GRACE_MS } from './pace.ts';

/** What RULES promise of every case, checked on what the topics told. Each names the accounts that broke it. */

export interface PromiseKept {
  readonly what: string;
  /** Accounts that broke it. */
  readonly broken: readonly string[];
}

/** All promises. */
export function promisesOf(chronicles: readonly AccountChronicle[]): readonly PromiseKept[] {
  const by = (breaks: (each: AccountChronicle) => boolean): string[] =>
    chronicles.filter(breaks).map(({ account }) => account.accountId);
  return [
    {
      what: 'never called while the excess was 0 or more throughout',
      broken: by(
        (each) => isHealthy(each) && each.steps.some(({ step }) => step === 'MARGIN_CALL'),
      ),
    },
    {
      what: 'every call on figures with a deficiency',
      broken: by(({ steps }) =>
        steps.some(({ step, deficiency }) => step === 'MARGIN_CALL' && deficiency <= 0),
      ),
    },
    {
      what: 'past due 6 s after the call at the earliest, or accelerated',
      broken: by((each) => isEarlier(each, 'PAST_DUE', 'MARGIN_CALL', DUE_AFTER_MS)),
    },
    {
      what: 'liquidation 3 s after close-only at the earliest, or accelerated',
      broken: by((each) => isEarlier(each, 'TRIGGERED', 'CLOSE_ONLY', GRACE_MS)),
    },
    {
      what: 'close-only lifted with each call that was met, and only then',
      broken: by((each) => liftedWrongly(each)),
    },
    { what: 'each step of an episode once', broken: by((each) => repeatsAStep(each)) },
    {
      what: 'no position sold beyond zero or bought again',
      broken: by((each) => soldTooMuch(each)),
    },
    {
      what: 'every liquidation order ended at the venue',
      broken: by(({ orders, ordersEnded }) => orders !== ordersEnded),
    },
  ];
}

function isHealthy({ figures }: AccountChronicle): boolean {
  return figures.every(({ record }) => (record.excess ?? 0) >= 0);
}

function isEarlier(
  { steps }: AccountChronicle,
  later: ToldStep['step'],
  earlier: ToldStep['step'],
  leastMs: number,
): boolean {
  return steps
    .filter(({ step }) => step === later)
    .some(({ episode, at }) => {
      const has = (name: ToldStep['step']): ToldStep | undefined =>
        steps.find((each) => each.step === name && each.episode === episode);
      const before = has(earlier);
      // Equity at most 0, or below 40 % of the requirement: the remaining timers are zero.
      if (before !== undefined && has('ACCELERATED') !== undefined) return false;
      return before === undefined || at - before.at < leastMs;
    });
}

function liftedWrongly({ steps }: AccountChronicle): boolean {
  const episodes = new Set(steps.map(({ episode }) => episode));
  return [...episodes].some((episode) => {
    const has = (step: ToldStep['step']): boolean =>
      steps.some((each) => each.episode === episode && each.step === step);
    return has('LIFTED') !== (has('CLOSE_ONLY') && has('MET'));
  });
}

function repeatsAStep({ steps }: AccountChronicle): boolean {
  const names = steps.map(({ step, episode }) => `${step} ${String(episode)}`);
  return new Set(names).size !== names.length;
}

/** Once the account is open, positions keep their sign and only become smaller. */
function soldTooMuch({ account, figures }: AccountChronicle): boolean {
  const held = new Map(account.holdings.map(({ symbol, qty }) => [symbol, qty]));
  const isOpen = figures.findIndex(
    ({ record }) =>
      record.positions.length === held.size &&
      record.positions.every(({ symbol, qty }) => held.get(symbol) === qty),
  );
  return figures.slice(isOpen).some(({ record }) => {
    const now = new Map(record.positions.map(({ symbol, qty }) => [symbol, qty]));
    return [...held].some(([symbol, before]) => {
      const after = now.get(symbol) ?? 0;
      held.set(symbol, after);
      return Math.abs(after) > Math.abs(before) || after * before < 0;
    });
  });
}
