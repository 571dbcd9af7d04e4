/** Twice as long, what there is at its beginning, 0 behind it. */
export function doubled<T extends Float64Array | Int32Array>(
  full: T,
  Kind: new (length: number) => T,
): T {
  const larger = new Kind(2 * full.length);
  larger.set(full);
  return larger;
}
