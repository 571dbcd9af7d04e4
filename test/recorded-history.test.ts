import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { HISTORIES } from './recorded-history.ts';

/** A stack trace's `(file:line:column)`. */
const PLACE = /\(([^() ]+):\d+:\d+\)/g;

test('no committed history tells on which machine, and in which folder, it was recorded', async () => {
  const places: string[] = [];
  for (const name of await readdir(HISTORIES)) {
    const json = await readFile(path.join(HISTORIES, name), 'utf8');
    places.push(...[...json.matchAll(PLACE)].map(([, file = '']) => file));
  }
  expect(places).not.toEqual([]);
  expect(places.filter((file) => path.isAbsolute(file))).toEqual([]);
});
