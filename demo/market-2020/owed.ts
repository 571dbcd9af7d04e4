import type { MarginCallRecord } from '#contracts/case-events.ts';
import { TOPICS } from '#contracts/topics.ts';
import type { Observer } from '../observer.ts';
import type { BookAccount } from './book.ts';
import type { Prices } from './market.ts';
import { DUE_AFTER_MS, GRACE_MS } from './pace.ts';

/** What the product has yet to do about an account, judged by RULES on what its topics have told. */
export type Owed =
  | 'FIGURES'
  | 'WARNING'
  | 'MARGIN_CALL'
  | 'CLOSE_ONLY'
  | 'TRIGGERED'
  | 'COMPLETED'
  | 'LIFTED'
  | null;

/** What it owes at `now` (Unix ms), when the market stands at these prices; null when nothing. */
export function owedTo(
  observer: Observer,
  { accountId }: BookAccount,
  prices: Prices,
  now: number,
): Owed {
  const figures = observer.last(TOPICS.marginCalc, accountId);
  const isCurrent = figures?.positions.every(({ symbol, price }) => price === prices[symbol]);
  if (figures === undefined || isCurrent !== true) return 'FIGURES';
  const told = observer.last(TOPICS.marginCalls, accountId);
  const liquidation = observer.last(TOPICS.liquidations, accountId);
  if (liquidation?.action === 'TRIGGERED') return 'COMPLETED';
  if (isMetAndRestricted(observer, accountId, told)) return 'LIFTED';
  if ((figures.deficiency ?? 0) > 0) return owedToDeficient(observer, accountId, told, now);
  return figures.status === 'WARNING' && told === undefined ? 'WARNING' : null;
}

function isMetAndRestricted(
  observer: Observer,
  accountId: string,
  told: MarginCallRecord | undefined,
): boolean {
  const restriction = restrictionsOf(observer, accountId).at(-1)?.record;
  const isRestricted = restriction?.action === 'CLOSE_ONLY';
  return isRestricted && told?.action === 'MET' && told.episode === restriction.episode;
}

/** What the call put on and took off; the stress holder has its own time. */
function restrictionsOf(observer: Observer, accountId: string) {
  const all = observer.of(TOPICS.restrictions, accountId);
  return all.filter(({ record }) => record.holder === 'stale-call');
}

function owedToDeficient(
  observer: Observer,
  accountId: string,
  told: MarginCallRecord | undefined,
  now: number,
): Owed {
  if (told?.action !== 'MARGIN_CALL' && told?.action !== 'PAST_DUE') return 'MARGIN_CALL';
  const { episode } = told;
  const call = observer
    .of(TOPICS.marginCalls, accountId)
    .find(({ record }) => record.episode === episode && record.action === 'MARGIN_CALL');
  const closed = restrictionsOf(observer, accountId).find(
    ({ record }) => record.episode === episode && record.action === 'CLOSE_ONLY',
  );
  if (closed === undefined) {
    return now >= (call?.at ?? 0) + DUE_AFTER_MS ? 'CLOSE_ONLY' : null;
  }
  const isOver = observer.last(TOPICS.liquidations, accountId)?.episode === episode;
  return now >= closed.at + GRACE_MS && !isOver ? 'TRIGGERED' : null;
}
