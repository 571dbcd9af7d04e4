import { describe, expect, test } from '@jest/globals';
import { SecondPersons } from './second-persons.ts';

const NOW = 1_795_000_000_000;
const HOUR_MS = 3_600_000;
const OUT = { adjustment_id: 'A1', cash: 100 };

describe('what takes two persons', () => {
  test('is done with the second, whatever the first repeats', () => {
    const persons = new SecondPersons();
    expect(persons.ask(OUT, 'ann', NOW)).toBeNull();
    expect(persons.ask(OUT, 'ann', NOW + 1)).toBeNull();
    expect(persons.ask(OUT, 'ben', NOW + 2)).toEqual({ first: 'ann', second: 'ben' });
  });

  test('is done in the same two names whoever repeats it', () => {
    const persons = new SecondPersons();
    persons.ask(OUT, 'ann', NOW);
    persons.ask(OUT, 'ben', NOW);
    for (const subject of ['ben', 'ann', 'cid']) {
      expect(persons.ask(OUT, subject, NOW)).toEqual({ first: 'ann', second: 'ben' });
    }
  });

  test('is another thing with another amount', () => {
    const persons = new SecondPersons();
    persons.ask(OUT, 'ann', NOW);
    expect(persons.ask({ ...OUT, cash: 101 }, 'ben', NOW)).toBeNull();
  });

  test('waits an hour, and gives way when too many wait', () => {
    const persons = new SecondPersons();
    persons.ask(OUT, 'ann', NOW);
    expect(persons.ask(OUT, 'ben', NOW + HOUR_MS)).toBeNull();
    expect(persons.ask(OUT, 'cid', NOW + HOUR_MS + 1)).toEqual({ first: 'ben', second: 'cid' });
    persons.ask('old', 'ann', NOW);
    for (let n = 0; n < 1_000; n += 1) persons.ask(n, 'ann', NOW);
    expect(persons.ask('old', 'ben', NOW)).toBeNull();
  });
});
