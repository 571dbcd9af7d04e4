/** How long and from what a part of `npm run soak` is to be soaked. */
export interface SoakOptions {
  /** Parts that draw lots draw them from here on. */
  readonly seed: number;
  /** Parts that go on for as long as asked end then. */
  readonly minutes: number;
  /** Parts that count runs end after so many. */
  readonly runs: number;
}

/** Counted as tests are. */
export interface SoakOutcome {
  readonly passed: number;
  readonly failed: number;
}

/** Prints what it does, and on a failure what replays it. */
export type SoakPart = (options: SoakOptions) => SoakOutcome | Promise<SoakOutcome>;
