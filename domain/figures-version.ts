/**
 * The version of an account's figures: the generation rises with each take-over of its partition,
 * the sequence with each change (DESIGN 5).
 */
export interface FiguresVersion {
  readonly generation: number;
  readonly sequence: number;
}

/** Is `a` a later version than `b`? An old or repeated message changes nothing. */
export function isLater(a: FiguresVersion, b: FiguresVersion | null): boolean {
  if (b === null) return true;
  return a.generation === b.generation ? a.sequence > b.sequence : a.generation > b.generation;
}

/**
 * The version as one string whose order is the versions' order (DynamoDB conditions, search
 * attributes): ten digits of generation, fifteen of sequence.
 */
export function figuresVersionString(version: FiguresVersion): string {
  const generation = String(version.generation).padStart(10, '0');
  return `${generation}-${String(version.sequence).padStart(15, '0')}`;
}
