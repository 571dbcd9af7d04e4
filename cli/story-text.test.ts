import { describe, expect, test } from '@jest/globals';
import type { TimelineStep } from '#contracts/account-history.ts';
import { painted, plain } from './account-text.ts';
import { storyText } from './story-text.ts';

const AT = Date.UTC(2026, 10, 20, 23, 59, 50, 0);

function step(changes: Partial<TimelineStep>): TimelineStep {
  return {
    kind: 'STEP',
    at: AT,
    event_id: 'e1',
    event_type: 'WARNING',
    actor: 'account-case',
    episode: 1,
    rung: 'WARNING',
    figures: null,
    details: {},
    correlation_id: 'c',
    causation_id: null,
    ...changes,
  };
}

const STORY = [
  step({ details: { policy_version: 'demo.1' } }),
  step({
    at: AT + 5_250,
    event_type: 'MARGIN_CALL',
    rung: 'MARGIN_CALL',
    details: { call: { demand: 10_000, due_at: AT + 11_250 } },
    figures: { status: 'MARGIN_CALL', equity: 40_000, maintenance_req: 50_000, deficiency: 10_000 },
  }),
  step({ at: AT + 15_000, event_type: 'CALL_MET', rung: 'ACTIVE', details: { met_by: 'CREDIT' } }),
];

describe('the story of an account', () => {
  test('has a line a step: when, how long after, what, and on what figures; a chapter a day', () => {
    expect(storyText('ACC_1', STORY, plain).split('\n')).toEqual(
      [
        'ACC_1',
        '',
        '2026-11-20 UTC, episode 1 under policy demo.1',
        '  23:59:50.000        warning',
        '  23:59:55.250  +5 s  margin call  demand 10,000.00; due 2026-11-21 00:00:01; equity 40,000.00 against 50,000.00, 10,000.00 missing',
        '',
        '2026-11-21 UTC, episode 1',
        '  00:00:05.000  +10 s  call met     by money or sales that came in',
        '',
      ].map((line) => expect.stringMatching(loose(line))),
    );
  });
  test('names the person who decided, and no part of the product', () => {
    const released = { event_type: 'LIQUIDATION_RELEASED', actor: 'ann' };
    const story = storyText('ACC_1', [step(released), step({ at: AT + 1 })], plain);
    expect(story).toMatch(/liquidation released +by ann/);
    expect(story).not.toContain('account-case');
  });
  test.each<[string, string, Record<string, unknown>, RegExp]>([
    [
      'an extension: the new due time and why',
      'CALL_EXTENDED',
      {
        command: {
          ...{ type: 'EXTEND', by: 'ann', due_at: AT + 3_600_000, reason: 'a wire is on its way' },
          authority_reference: 'FINRA-77',
        },
      },
      /call extended {2}now due 2026-11-21 00:59:50; a wire is on its way; authority FINRA-77; by ann/,
    ],
    [
      'pending funds: how much, until when, and the evidence',
      'PENDING_FUNDS',
      {
        command: {
          ...{ type: 'PENDING_FUNDS', by: 'ann', amount: 5_000.5, evidence: 'FED-REF-9' },
          expires_at: AT + 5_000,
        },
      },
      /pending funds {2}5,000\.50; until 23:59:55\.000; FED-REF-9; by ann/,
    ],
    [
      'a hold: why',
      'ENFORCEMENT_HELD',
      { command: { type: 'HOLD', by: 'ann', reason: 'in court' }, outcome: 'DONE' },
      /enforcement held {2}in court; by ann/,
    ],
    [
      'a refused command: which, and the code',
      'COMMAND_REFUSED',
      { command: 'EXTEND', code: 'TOO_FAR', observed: '2 days', limit: '1 day', by: 'ann' },
      /command refused {2}EXTEND; TOO_FAR; by ann/,
    ],
  ])('tells of %s', (_name, event_type, details, line) => {
    expect(storyText('ACC_1', [step({ event_type, actor: 'ann', details })], plain)).toMatch(line);
  });
  test('shows what people wrote on one line, escaped and bounded', () => {
    const reason = `\u001b[2J\n${'x'.repeat(2_000)}`;
    const details = { command: { type: 'HOLD', reason }, note: reason, reason };
    const story = storyText('ACC_1', [step({ event_type: 'ENFORCEMENT_HELD', details })], plain);
    expect(story).toContain('\\u001b[2J\\u000ax');
    expect(story).not.toContain('\u001b');
    expect(story.trimEnd().split('\n')).toHaveLength(4);
    expect(story.length).toBeLessThan(1_700);
  });
  test('says that the brake stopped a liquidation', () => {
    const asked = step({
      event_type: 'AWAITING_RELEASE',
      details: { notional: 23_010, persons: 2, reason: 'LIQUIDATION_BRAKE' },
    });
    expect(storyText('ACC_1', [asked], plain)).toMatch(/awaiting release +LIQUIDATION_BRAKE/);
  });
  test('marks bad news and good news for a terminal', () => {
    const text = storyText('ACC_1', STORY, painted);
    expect(text).toContain('\u001b[31mmargin call\u001b[39m');
    expect(text).toContain('\u001b[32mcall met\u001b[39m');
  });
  test('says when a clock that starts will end, and how soon after the step before it started', () => {
    const started = step({
      at: AT + 250,
      event_type: 'CLOCK_STARTED',
      details: { clock: 'CALL', ends_at: AT + 6_250 },
    });
    expect(storyText('ACC_1', [step({}), started], plain)).toMatch(
      /23:59:50\.250 {2}\+250 ms {2}clock started {2}the time to meet the call ends 23:59:56\.250\n$/,
    );
  });
  test('leaves out what it does not understand', () => {
    const odd = step({ details: { call: 'soon', positions: [{ symbol: 7 }], expires_at: 'now' } });
    expect(storyText('ACC_1', [odd], plain)).toMatch(/warning\n$/);
  });
  test('of nobody says so', () => {
    expect(storyText('NOBODY', [], plain)).toContain('Nothing is known');
  });
});

/** The words of a line, whatever the width of its columns. */
function loose(line: string): RegExp {
  const words = line
    .trim()
    .split(/\s+/)
    .map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^\\s*${words.join('\\s+')}\\s*$`);
}
