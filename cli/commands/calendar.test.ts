import { describe, expect, test } from '@jest/globals';
import { Command, CommanderError } from 'commander';
import { register } from './calendar.ts';

/** Runs `sentinel calendar due …`; answers with what it prints and its exit code. */
function due(...args: string[]): { out: string; error: string; code: number } {
  const answer = { out: '', error: '', code: 0 };
  const program = new Command('sentinel').exitOverride().configureOutput({
    writeOut: (text) => (answer.out += text),
    writeErr: (text) => (answer.error += text),
  });
  register(program);
  try {
    program.parse(['calendar', 'due', ...args], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    answer.code = error.exitCode;
  }
  return answer;
}

describe('sentinel calendar due', () => {
  test('answers with the day', () => {
    const { out } = due('--from', '2026-07-02', '--business-days', '2', '--json');
    expect(out).toBe('{"due":"2026-07-07"}\n');
  });

  test('says it in a sentence without --json', () => {
    const { out } = due('--from', '2026-07-02', '--business-days', '2');
    expect(out).toBe('2026-07-07 is 2 business day(s) after 2026-07-02 (XNYS.1).\n');
  });

  test.each([
    ['2026-02-30', '2', 'YYYY-MM-DD'],
    ['tomorrow', '2', 'YYYY-MM-DD'],
    ['2026-07-02', '-1', 'whole number'],
    ['2026-07-02', '401', 'whole number'],
    ['2028-12-29', '5', 'policies/calendars/XNYS.json'],
  ])('of %s and %s business days is refused with what to do', (from, count, cure) => {
    const { out, error, code } = due(`--from=${from}`, `--business-days=${count}`);
    expect(out).toBe('');
    expect(error).toContain(cure);
    expect(code).toBeGreaterThan(0);
  });
});
