/** The time of day, integer Unix milliseconds. */
export interface Clock {
  now(): number;
}
