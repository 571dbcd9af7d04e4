/** Does `work` for every item, at most `concurrentMax` at a time. Rejects with the first failure. */
export async function inParallel<Item>(
  items: Iterable<Item>,
  concurrentMax: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const queue = items[Symbol.iterator]();
  const lane = async (): Promise<void> => {
    for (let next = queue.next(); next.done !== true; next = queue.next()) await work(next.value);
  };
  await Promise.all(Array.from({ length: concurrentMax }, lane));
}
