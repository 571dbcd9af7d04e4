/** Which attempt of an activity is under way. */
export interface ActivityAttempt {
  /** Has the activity been begun before? */
  readonly isRepeated: boolean;
  /**
   * When the server put this attempt up for a worker, Unix ms by its clock: the attempt's time runs from
   * then or later. null outside of activities.
   */
  readonly scheduledAt: number | null;
}
