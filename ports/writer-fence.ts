/** Ends what the owners of partitions may have open (ports/partition-owner.ts), whoever they are. */
export interface WriterFence {
  /**
   * When it resolves, no transaction that was open in these partitions becomes visible any more. An owner
   * that lives takes its partitions over anew. Rejects when the broker does not answer in time.
   */
  fence(partitions: readonly number[]): Promise<void>;
}
