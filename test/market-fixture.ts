import { Market } from '#consumers/margin-engine/market.ts';
import { ALWAYS_OPEN } from '#domain/market-hours.ts';
import { rate } from '#domain/money.ts';

const ANY_MOVE = rate(Number.MAX_SAFE_INTEGER);

/** A market in which every price counts at once: for tests that are about something else. */
export function credulousMarket(): Market {
  const policy = { outlierMove: ANY_MOVE, outlierTicks: 0, outlierMs: 1 };
  return new Market({ ...policy, overnightMove: ANY_MOVE, doubtMove: rate(0) }, ALWAYS_OPEN);
}

let offset = 0;

/** A trade that arrived when it was made. True when figures change. */
export function putPrice(market: Market, symbol: string, priceE4: number, at: number): boolean {
  offset += 1;
  return market.quote(symbol, { priceE4, at, kind: 'TRADE', arrivedAt: at, offset }).isNews;
}
