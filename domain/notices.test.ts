import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { centsUp, noticeText, plainLine } from './notices.ts';
import type { Notice } from './notices.ts';
import { AMOUNT_MAX_E4, E4 } from './money.ts';

/** A Monday in November, 10:30:00.900 in New York, when its clocks are five hours behind UTC. */
const DUE_AT = Date.UTC(2026, 10, 23, 15, 30, 0, 900);
const DUE = 'Monday, November 23, 2026 at 10:30:00 EST (America/New_York), 2026-11-23T15:30:00Z';
/** A Friday in July, when they are four hours behind. */
const SUMMER_AT = Date.UTC(2026, 6, 10, 20, 0, 0);
const SUMMER = 'Friday, July 10, 2026 at 16:00:00 EDT (America/New_York), 2026-07-10T20:00:00Z';

const ABOUT = { accountId: 'ACC_1', noticeId: 'n-1' } as const;

const DEMAND = {
  demandE4: 37_500_001,
  dueAt: DUE_AT,
  ways: {
    cashE4: 37_500_001,
    securitiesE4: 50_000_002,
    reduce: {
      sell: [{ symbol: 'NVDA', qtyE4: 1_038 * E4 }],
      cover: [{ symbol: 'XYZ', qtyE4: 5 * E4 }],
      residualE4: 0,
      asOf: SUMMER_AT,
    },
  },
} as const;

const CLOSE_ONLY: Notice = {
  ...ABOUT,
  kind: 'CLOSE_ONLY',
  ...DEMAND,
  liquidateAt: SUMMER_AT,
  isAccelerated: false,
};

const STARTED: Notice = {
  ...ABOUT,
  kind: 'LIQUIDATION_STARTED',
  demandE4: 37_500_001,
  parts: [{ symbol: 'NVDA', qtyE4: -1_038 * E4 }],
};

const COMPLETED: Notice = {
  ...ABOUT,
  kind: 'LIQUIDATION_COMPLETED',
  parts: [{ symbol: 'NVDA', qtyE4: 15_000 }],
  residualE4: 1,
};

const WARNING: Notice = { ...ABOUT, kind: 'WARNING', excessE4: 12_345_678 };

const MET: Notice = { ...ABOUT, kind: 'CALL_MET', demandE4: 37_500_001, metBy: 'CREDIT' };

const STRESS = {
  ...ABOUT,
  kind: 'STRESS_CLOSE_ONLY',
  movePercent: -6,
  shortfallE4: 10_001,
  depositE4: 20_001,
  openCall: null,
} as const;

const STRESS_BESIDE_CALL = {
  ...STRESS,
  openCall: { outstandingE4: 37_500_001, dueAt: DUE_AT },
} as const;

const EACH: readonly Notice[] = [
  WARNING,
  { ...ABOUT, kind: 'MARGIN_CALL', ...DEMAND },
  { ...ABOUT, kind: 'DEMAND_RAISED', ...DEMAND },
  { ...ABOUT, kind: 'DUE_MOVED', ...DEMAND },
  CLOSE_ONLY,
  STARTED,
  COMPLETED,
  MET,
  { ...ABOUT, kind: 'RESTRICTION_LIFTED' },
  STRESS,
  { ...ABOUT, kind: 'STRESS_LIFTED', openCall: null },
];

const DEMANDING = ['MARGIN_CALL', 'DEMAND_RAISED', 'DUE_MOVED', 'CLOSE_ONLY'];

describe('a notice', () => {
  test.each(EACH.map((notice) => [notice.kind, notice] as const))(
    '%s says what it is, for whom, and that the firm may sell without notice and choose what',
    (_kind, notice) => {
      const { subject, body } = noticeText(notice);
      expect(subject).toContain('for account ACC_1');
      expect(body.startsWith(`${subject}\n`)).toBe(true);
      expect(body).toContain('without further notice to you, and it chooses which');
      expect(body).toContain('Reference: n-1');
    },
  );

  test.each(
    EACH.filter(({ kind }) => DEMANDING.includes(kind)).map(
      (notice) => [notice.kind, notice] as const,
    ),
  )('%s tells amount, due instant with zone, and every way to cure', (_kind, notice) => {
    const text = noticeText(notice);
    expect(text.amountE4).toBe(37_500_100);
    expect(text.dueAt).toBe(DUE_AT);
    expect(text.body).toContain('Amount: $3,750.01');
    expect(text.body).toContain(`Due: ${DUE}`);
    expect(text.body).toContain('- deposit $3,750.01 in cash\n');
    expect(text.body).toContain('- deposit marginable securities worth $5,000.01\n');
    expect(text.body).toContain(
      `- sell 1,038 NVDA and buy back 5 XYZ, at the prices of ${SUMMER}\n`,
    );
  });

  test.each<[string, Notice, string[]]>([
    ['a warning asks for nothing', WARNING, ['$1,234.56 above', 'Nothing is due.']],
    [
      'a warning that a call follows at once says so',
      { ...ABOUT, kind: 'WARNING', excessE4: -101 },
      ['$0.02 below', 'A margin call follows.'],
    ],
    [
      'close-only names the liquidation',
      CLOSE_ONLY,
      ['not met when it was due', `From ${SUMMER} the firm may`],
    ],
    [
      'an accelerated call does not say that it was late',
      { ...CLOSE_ONLY, isAccelerated: true },
      ['due at once', 'the time for your margin call ends now'],
    ],
    [
      'a started liquidation names what is closed, and what stops it',
      STARTED,
      ['Being closed: 1,038 NVDA', 'A deposit of $3,750.01 in cash stops it'],
    ],
    [
      'a completed one what is still owed',
      COMPLETED,
      ['closed: 1.5 NVDA', 'Amount: $0.01', 'Due: now.'],
    ],
    ['a met call how it was met', MET, ['$3,750.01 is met by deposits or sales']],
    [
      'a stress test which move, and that nothing is due',
      STRESS,
      [
        'SPY moved by -6 %',
        'by $1.01',
        'deposit $2.01 in cash',
        'Nothing is due, and nothing is sold for this.',
      ],
    ],
    [
      'a stress test by an unknown policy no amount that may not pass it',
      { ...STRESS, depositE4: null },
      ['by $1.01', 'ask the firm what would be enough'],
    ],
    [
      'a stress test beside a call names the call',
      STRESS_BESIDE_CALL,
      ['Nothing is sold for this test.', `call stays open: $3,750.01, due ${DUE}`],
    ],
  ])('%s', (_name, notice, lines) => {
    for (const line of lines) expect(noticeText(notice).body).toContain(line);
  });

  test.each(['STRESS_CLOSE_ONLY', 'STRESS_LIFTED'] as const)(
    '%s beside an open call does not say that nothing is due',
    (kind) => {
      const { body } = noticeText({ ...STRESS_BESIDE_CALL, kind });
      expect(body).toContain(`Your margin call stays open: $3,750.01, due ${DUE}`);
      expect(body).not.toContain('Nothing is due');
    },
  );

  test.each([
    ['CREDIT', 'is met by deposits or sales.'],
    // By part of a deposit as well, and of an account that holds nothing any more.
    ['MARKET', 'is met by equity that has risen above the requirement and stayed there.'],
    ['LIQUIDATION', "is met by the firm's liquidation."],
  ] as const)('of a call met by %s says no more than is known', (metBy, said) => {
    expect(noticeText({ ...MET, metBy }).body).toContain(said);
  });

  test('without known positions sends the customer to the firm for them', () => {
    const ways = { cashE4: E4, securitiesE4: null, reduce: null };
    const { body } = noticeText({ ...ABOUT, kind: 'MARGIN_CALL', ...DEMAND, ways });
    expect(body).toContain('- reduce positions: ask the firm which would be enough');
    expect(body).not.toContain('securities worth');
  });

  test('does not call a sale enough that is not', () => {
    const { body: enough } = noticeText({ ...ABOUT, kind: 'MARGIN_CALL', ...DEMAND });
    expect(enough).toContain('Ways to meet it, each enough by itself:');
    const ways = { ...DEMAND.ways, reduce: { ...DEMAND.ways.reduce, residualE4: 101 } };
    const { body } = noticeText({ ...ABOUT, kind: 'MARGIN_CALL', ...DEMAND, ways });
    expect(body).toContain('each is enough by itself unless it says otherwise:');
    expect(body).toContain('that alone is not enough, $0.02 would be missing');
  });

  test('is bounded, whatever the account holds', () => {
    const leg = fc.record({
      symbol: fc.stringMatching(/^[A-Za-z0-9_.:-]{1,64}$/),
      qtyE4: fc.integer({ min: 1, max: AMOUNT_MAX_E4 }),
    });
    const amount = fc.integer({ min: 0, max: AMOUNT_MAX_E4 });
    const accountId = fc.stringMatching(/^[A-Za-z0-9_.:-]{1,64}$/);
    const legs = fc.array(leg, { maxLength: 200 });
    fc.assert(
      fc.property(accountId, amount, amount, legs, legs, (account, cashE4, e4, sell, cover) => {
        const reduce = { sell, cover, residualE4: e4, asOf: SUMMER_AT };
        const ways = { cashE4, securitiesE4: e4, reduce };
        const notice = { ...ABOUT, accountId: account, demandE4: cashE4, dueAt: DUE_AT, ways };
        const { subject, body } = noticeText({
          ...notice,
          kind: 'CLOSE_ONLY',
          liquidateAt: DUE_AT,
          isAccelerated: true,
        });
        expect(subject.length).toBeLessThanOrEqual(150);
        expect(body.length).toBeLessThanOrEqual(8_000);
      }),
    );
  });
});

describe('amounts in a notice', () => {
  test.each([
    [0, '$0.00'],
    [1, '$0.01'],
    [100, '$0.01'],
    [101, '$0.02'],
    [9_999_901, '$1,000.00'],
    [12_345_678_900, '$1,234,567.89'],
  ])('%d ten-thousandths are %s', (amountE4, text) => {
    expect(centsUp(amountE4)).toBe(text);
  });

  test('are never below what is demanded, and less than a cent above', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: AMOUNT_MAX_E4 }), (amountE4) => {
        const told = BigInt(centsUp(amountE4).replaceAll(/[$,.]/g, '')) * 100n;
        expect(told - BigInt(amountE4)).toBeGreaterThanOrEqual(0n);
        expect(told - BigInt(amountE4)).toBeLessThan(100n);
      }),
    );
  });
});

describe('text from elsewhere', () => {
  test('becomes one line of bounded length without control characters', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 400 }),
        fc.integer({ min: 1, max: 200 }),
        (words, charactersMax) => {
          const line = plainLine(words, charactersMax);
          expect(line.length).toBeLessThanOrEqual(charactersMax);
          expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
          expect(() => encodeURIComponent(line)).not.toThrow();
        },
      ),
    );
  });

  test('cannot begin a header', () => {
    expect(plainLine('ACC\r\nBcc: all@example.com', 64)).toBe('ACC Bcc: all@example.com');
  });
});
