import { expect, test } from '@jest/globals';
import { CASE_SEARCH_ATTRIBUTES } from '#contracts/case-messages.ts';
import { SEARCH_ATTRIBUTES } from '#stack/temporal-server.ts';

test('the local Temporal server is given the very search attributes that cases write', () => {
  const made = Object.entries(SEARCH_ATTRIBUTES).map(([name, type]) => [name, type.toUpperCase()]);
  expect(Object.fromEntries(made)).toEqual(CASE_SEARCH_ATTRIBUTES);
});
