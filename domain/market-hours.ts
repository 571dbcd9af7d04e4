/** Is the market in its regular session at an instant (Unix ms)? */
export type MarketHours = (at: number) => boolean;

/** A market that never closes: clock WALL. */
export const ALWAYS_OPEN: MarketHours = () => true;
