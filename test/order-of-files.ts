/** A file that Jest is about to run. */
interface TestFile {
  readonly path: string;
}

/**
 * Two files bring up products of their own and would fill the machine alone: the demo begins, and the
 * recovery run comes when half of the others are through. Jest's own order, by size and by how long each
 * took, starts both at once.
 */
const ALONE_FIRST = 'demo.test.ts';
const ALONE_LATER = 'recovery.test.ts';

/** Jest's `testSequencer`: which file runs after which. */
export default class OrderOfFiles {
  sort<T extends TestFile>(tests: readonly T[]): T[] {
    const named = (name: string): T[] => tests.filter(({ path }) => path.endsWith(`/${name}`));
    const others = tests
      .filter((test) => !named(ALONE_FIRST).includes(test) && !named(ALONE_LATER).includes(test))
      .toSorted((a, b) => a.path.localeCompare(b.path));
    const half = Math.floor(others.length / 2);
    return [
      ...named(ALONE_FIRST),
      ...others.slice(0, half),
      ...named(ALONE_LATER),
      ...others.slice(half),
    ];
  }

  allFailedTests<T>(tests: readonly T[]): T[] {
    return [...tests];
  }

  cacheResults(): void {
    // Nothing is remembered: the order does not hang on earlier runs.
  }
}
