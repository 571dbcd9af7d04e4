import { createHash } from 'node:crypto';

/**
 * The id of a command: the same for the same request of the same person, another for any other. So a
 * key that is used again for something else is a command of its own, never a false "done".
 */
export function commandIdOf(names: readonly string[], body: object): string {
  const fields = Object.entries(body).sort(([a], [b]) => (a < b ? -1 : 1));
  const hash = createHash('sha256')
    .update(JSON.stringify([names, fields]))
    .digest('hex');
  return `c-${hash.slice(0, 40)}`;
}
