/** For what a case calls people, and since when, while that is not over. One of each at most. */
export interface OpenAlert {
  readonly code: 'AWAITING_RELEASE' | 'LIQUIDATION_STUCK' | 'UNSECURED_DEFICIT';
  /** Unix ms. */
  readonly since: number;
}
