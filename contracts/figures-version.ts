import type { FiguresVersion } from '#domain/figures-version.ts';

/** Figures versions on the wire are strings whose order is the versions' order. */
export { figuresVersionString } from '#domain/figures-version.ts';

/** The version that a string of `figuresVersionString` stands for; null when it is none. */
export function parseFiguresVersion(text: string): FiguresVersion | null {
  const [, generation, sequence] = /^(\d{10})-(\d{15})$/.exec(text) ?? [];
  if (generation === undefined || sequence === undefined) return null;
  return { generation: Number(generation), sequence: Number(sequence) };
}
