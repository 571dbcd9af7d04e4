/** A last price with the time of its quote. */
export interface LastPrice {
  /** 1/10,000 dollar per share. */
  readonly priceE4: number;
  /** Unix ms. */
  readonly at: number;
}
