import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sentinel } from '#test/cli-fixture.ts';

/** What `dead-letters replay` refuses before it asks any server. */

const ORIGIN = 'fills.v1:3:17';
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sentinel-letters-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

test('a corrected record is one of at most 1 MB: a larger file is not read to its end', async () => {
  const file = join(folder, 'large.json');
  await writeFile(file, '');
  await truncate(file, 4 * 2 ** 30);
  const { exitCode, out, err } = await sentinel(['dead-letters', 'replay', ORIGIN, '--file', file]);
  expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' });
  expect(err).toContain(`${file}: is larger than 1 MB`);
});

test.each([
  ['that is not there', 'none.json', null, 'cannot be read'],
  ['that is not JSON', 'words.json', 'fill', 'is not JSON'],
  ['that is not text', 'bytes.json', Buffer.from([0xff, 0xfe]), 'is not UTF-8 text'],
])('a file %s is refused with its name', async (_what, name, content, why) => {
  const file = join(folder, name);
  if (content !== null) await writeFile(file, content);
  const { exitCode, err } = await sentinel(['dead-letters', 'replay', ORIGIN, '--file', file]);
  expect(exitCode).toBe(2);
  expect(err).toContain(`${file}: `);
  expect(err).toContain(why);
});
