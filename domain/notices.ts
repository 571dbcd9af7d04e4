import { groupedDigits } from './grouped-digits.ts';
import type { MetBy } from './ladder-actions.ts';
import { E4 } from './money.ts';

/**
 * What a customer is told at each step (RULES, Notices): its type, the amount, the due instant with its
 * zone, the ways to cure, and that the firm may sell without notice and choose what. Amounts in
 * 1/10,000 dollar, quantities in 1/10,000 share, instants in Unix ms.
 */

/** The ways to cure, each enough alone but for a reduction with a residual (RULES, Cures). */
export interface WaysToCure {
  readonly cashE4: number;
  /** null when no deposit of securities can cure. */
  readonly securitiesE4: number | null;
  /** Whole-share legs; null when the positions were not known for these figures. */
  readonly reduce: {
    readonly sell: readonly Leg[];
    readonly cover: readonly Leg[];
    /** What of the demand is missing after all of it. */
    readonly residualE4: number;
    /** Of the figures it is computed from. */
    readonly asOf: number;
  } | null;
}

interface Leg {
  readonly symbol: string;
  readonly qtyE4: number;
}

/** A call that stays open beside a step of another kind. */
export interface OpenCall {
  /** What of the demand is still to come. */
  readonly outstandingE4: number;
  readonly dueAt: number;
}

interface Demanded {
  readonly demandE4: number;
  readonly dueAt: number;
  readonly ways: WaysToCure;
}

/** A step with the facts that its notice tells. */
export type Notice = { readonly accountId: string; readonly noticeId: string } & (
  | { readonly kind: 'WARNING'; readonly excessE4: number }
  | ({ readonly kind: 'MARGIN_CALL' } & Demanded)
  | ({ readonly kind: 'DEMAND_RAISED' } & Demanded)
  | ({ readonly kind: 'DUE_MOVED' } & Demanded)
  | ({
      readonly kind: 'CLOSE_ONLY';
      readonly liquidateAt: number;
      /** Did its time end early, because the equity fell too far (RULES, Acceleration)? */
      readonly isAccelerated: boolean;
    } & Demanded)
  | {
      readonly kind: 'LIQUIDATION_STARTED';
      /** What of the demand is still to come: less would not stop it. */
      readonly demandE4: number;
      readonly parts: readonly Leg[];
    }
  | {
      readonly kind: 'LIQUIDATION_COMPLETED';
      readonly parts: readonly Leg[];
      /** 0 when the call is met. */
      readonly residualE4: number;
    }
  | { readonly kind: 'CALL_MET'; readonly demandE4: number; readonly metBy: MetBy }
  | { readonly kind: 'RESTRICTION_LIFTED' }
  | {
      readonly kind: 'STRESS_CLOSE_ONLY';
      /** The move of SPY at which equity is short of the requirement, percent. */
      readonly movePercent: number;
      readonly shortfallE4: number;
      /** What passes the test at these prices; null when the policy was not known. */
      readonly depositE4: number | null;
      /** null without one. */
      readonly openCall: OpenCall | null;
    }
  | { readonly kind: 'STRESS_LIFTED'; readonly openCall: OpenCall | null }
);

export interface NoticeText {
  readonly subject: string;
  readonly body: string;
  /** What is demanded or still owed, rounded up to the cent; null when nothing is. */
  readonly amountE4: number | null;
  readonly dueAt: number | null;
}

/** A longer list of positions ends in how many more there are. */
const LEGS_MAX = 20;
const SUBJECT_CHARACTERS_MAX = 150;

const FIRM_MAY_SELL =
  'The firm may sell or buy back positions in your account at any time, also before a due time, ' +
  'without further notice to you, and it chooses which. You are not entitled to choose them or to ' +
  'more time, and you remain liable for what is missing afterwards.';

/** The notice of a step, plain text. */
export function noticeText(notice: Notice): NoticeText {
  const { title, lines, amountE4 = null, dueAt = null } = contentOf(notice);
  const account = plainLine(notice.accountId, 64);
  const body = [
    `${title} for account ${account}`,
    '',
    ...lines,
    '',
    FIRM_MAY_SELL,
    '',
    `Reference: ${plainLine(notice.noticeId, 64)}`,
    '',
  ].join('\n');
  return {
    subject: plainLine(`${title} for account ${account}`, SUBJECT_CHARACTERS_MAX),
    body,
    amountE4: amountE4 === null ? null : wholeCentsUpE4(amountE4),
    dueAt,
  };
}

interface Content {
  readonly title: string;
  readonly lines: readonly string[];
  readonly amountE4?: number;
  readonly dueAt?: number;
}

function contentOf(notice: Notice): Content {
  switch (notice.kind) {
    case 'WARNING':
      return { title: 'Margin warning', lines: warningLines(notice.excessE4) };
    case 'MARGIN_CALL':
      return demanded('Margin call', notice, [
        "Your account's equity is below its maintenance requirement.",
      ]);
    case 'DEMAND_RAISED':
      return demanded('Margin call raised', notice, [
        'The amount of your margin call has risen. Its due time has not moved.',
      ]);
    case 'DUE_MOVED':
      return demanded('Margin call, new due time', notice, [
        'The firm has moved the due time of your margin call. The call stays open until it is met.',
      ]);
    case 'CLOSE_ONLY':
      return closeOnly(notice);
    case 'LIQUIDATION_STARTED':
      return {
        title: 'Liquidation started',
        lines: [
          'The time for your margin call has ended, and the firm is closing positions to meet it.',
          `Amount: ${centsUp(notice.demandE4)}`,
          'Due: now',
          `Being closed: ${legsText(notice.parts)}`,
          `A deposit of ${centsUp(notice.demandE4)} in cash stops it if it arrives before they are closed.`,
        ],
        amountE4: notice.demandE4,
      };
    case 'LIQUIDATION_COMPLETED':
      return completed(notice.parts, notice.residualE4);
    case 'CALL_MET':
      return {
        title: 'Margin call met',
        lines: [
          `Your margin call of ${centsUp(notice.demandE4)} is met by ${MET_BY[notice.metBy]}.`,
          'Nothing is due.',
        ],
      };
    case 'RESTRICTION_LIFTED':
      return {
        title: 'Restriction lifted',
        lines: [
          'Your margin call no longer restricts your account to closing positions. Nothing is due.',
        ],
      };
    case 'STRESS_CLOSE_ONLY':
      return stressed(notice);
    case 'STRESS_LIFTED':
      return {
        title: 'Stress test passed',
        lines: [
          'The stress test no longer restricts your account to closing positions.',
          notice.openCall === null ? 'Nothing is due.' : stillDue(notice.openCall),
        ],
      };
  }
}

type CloseOnly = Extract<Notice, { kind: 'CLOSE_ONLY' }>;

function closeOnly({ isAccelerated, liquidateAt, ...demand }: CloseOnly): Content {
  const [title, why] = isAccelerated
    ? [
        'Margin call due at once and orders restricted',
        "Your account's equity has fallen so far that the time for your margin call ends now.",
      ]
    : [
        'Margin call past due and orders restricted',
        'Your margin call was not met when it was due.',
      ];
  return demanded(title, demand, [
    why,
    'Until it is met, only orders that reduce your positions are accepted.',
    `From ${instantText(liquidateAt)} the firm may close positions to meet it.`,
  ]);
}

type StressCloseOnly = Extract<Notice, { kind: 'STRESS_CLOSE_ONLY' }>;

function stressed({ movePercent, shortfallE4, depositE4, openCall }: StressCloseOnly): Content {
  return {
    title: 'Account close-only after a stress test',
    lines: [
      `If SPY moved by ${signedPercent(movePercent)}, your account would be short of its requirement by ${centsUp(shortfallE4)}.`,
      'Until the test is passed again, only orders that reduce your positions are accepted.',
      openCall === null
        ? 'Nothing is due, and nothing is sold for this.'
        : `Nothing is sold for this test. ${stillDue(openCall)}`,
      depositE4 === null
        ? 'To pass it, deposit cash or reduce positions: ask the firm what would be enough.'
        : `To pass it at the present prices, deposit ${centsUp(depositE4)} in cash, or reduce positions.`,
    ],
    amountE4: depositE4 ?? shortfallE4,
  };
}

/** Stress changes nothing of a call: neither its amount nor what the firm may sell for it. */
function stillDue({ outstandingE4, dueAt }: OpenCall): string {
  return `Your margin call stays open: ${centsUp(outstandingE4)}, due ${instantText(dueAt)}; positions may be sold to meet it.`;
}

function warningLines(excessE4: number): string[] {
  // A gap passes every rung at once: the call is told right after.
  if (excessE4 < 0) {
    return [
      `Your account's equity is ${centsUp(-excessE4)} below its maintenance requirement.`,
      'A margin call follows.',
    ];
  }
  return [
    `Your account's equity is ${centsDown(excessE4)} above its maintenance requirement.`,
    'Nothing is due. If equity falls below the requirement, a margin call follows.',
    'A deposit of cash or marginable securities, or smaller positions, make a call less likely.',
  ];
}

const MET_BY: Readonly<Record<MetBy, string>> = {
  CREDIT: 'deposits or sales',
  MARKET: 'equity that has risen above the requirement and stayed there',
  LIQUIDATION: "the firm's liquidation",
};

function demanded(
  title: string,
  { demandE4, dueAt, ways }: Demanded,
  opening: readonly string[],
): Content {
  const lines = [
    ...opening,
    `Amount: ${centsUp(demandE4)}`,
    `Due: ${instantText(dueAt)}`,
    '',
    // A sale of everything may not be.
    (ways.reduce?.residualE4 ?? 0) === 0
      ? 'Ways to meet it, each enough by itself:'
      : 'Ways to meet it; each is enough by itself unless it says otherwise:',
    ...waysText(ways).map((way) => `- ${way}`),
  ];
  return { title, lines, amountE4: demandE4, dueAt };
}

function waysText({ cashE4, securitiesE4, reduce }: WaysToCure): string[] {
  const ways = [`deposit ${centsUp(cashE4)} in cash`];
  if (securitiesE4 !== null) {
    ways.push(`deposit marginable securities worth ${centsUp(securitiesE4)}`);
  }
  if (reduce === null) return [...ways, 'reduce positions: ask the firm which would be enough'];
  const { sell, cover, residualE4, asOf } = reduce;
  const trades = [
    ...(sell.length === 0 ? [] : [`sell ${legsText(sell)}`]),
    ...(cover.length === 0 ? [] : [`buy back ${legsText(cover)}`]),
  ];
  if (trades.length === 0) return ways;
  const rest =
    residualE4 === 0 ? '' : `; that alone is not enough, ${centsUp(residualE4)} would be missing`;
  ways.push(`${trades.join(' and ')}, at the prices of ${instantText(asOf)}${rest}`);
  return ways;
}

function completed(parts: readonly Leg[], residualE4: number): Content {
  const closed = `The firm has closed: ${legsText(parts)}`;
  if (residualE4 === 0) {
    const lines = [closed, 'Nothing is due.'];
    return { title: 'Liquidation completed', lines };
  }
  return {
    title: 'Liquidation completed, money still owed',
    lines: [
      closed,
      `Amount: ${centsUp(residualE4)}`,
      'Due: now. Nothing that may be sold is left.',
      `To settle it, deposit ${centsUp(residualE4)} in cash.`,
    ],
    amountE4: residualE4,
  };
}

function legsText(legs: readonly Leg[]): string {
  const shown = legs
    .slice(0, LEGS_MAX)
    .map(({ symbol, qtyE4 }) => `${shares(Math.abs(qtyE4))} ${plainLine(symbol, 64)}`);
  const more = legs.length - shown.length;
  if (shown.length === 0) return 'nothing';
  return shown.join(', ') + (more > 0 ? ` and ${String(more)} more positions` : '');
}

const E4_PER_CENT = 100;

/** Rounded up to the cent, as a demand is told (RULES, Rounding); still in 1/10,000 dollar. */
function wholeCentsUpE4(amountE4: number): number {
  const rest = amountE4 % E4_PER_CENT;
  return rest === 0 ? amountE4 : amountE4 - rest + E4_PER_CENT;
}

/** An amount ≥ 0 as `$3,750.01`, rounded up to the cent. */
export function centsUp(amountE4: number): string {
  return dollars(wholeCentsUpE4(amountE4));
}

/** What somebody has is never told too high. */
function centsDown(amountE4: number): string {
  return dollars(amountE4 - (amountE4 % E4_PER_CENT));
}

function dollars(centsE4: number): string {
  const cents = String((centsE4 % E4) / E4_PER_CENT).padStart(2, '0');
  return `$${groupedDigits(Math.floor(centsE4 / E4))}.${cents}`;
}

function shares(qtyE4: number): string {
  const fraction = String(qtyE4 % E4)
    .padStart(4, '0')
    .replace(/0+$/, '');
  return groupedDigits(Math.floor(qtyE4 / E4)) + (fraction === '' ? '' : `.${fraction}`);
}

function signedPercent(percent: number): string {
  return percent < 0 ? `-${String(-percent)} %` : `+${String(percent)} %`;
}

const EXCHANGE_ZONE = 'America/New_York';

const EXCHANGE_TIME = new Intl.DateTimeFormat('en-US', {
  timeZone: EXCHANGE_ZONE,
  weekday: 'long',
  year: 'numeric',
  month: 'long',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
  timeZoneName: 'short',
});

/** An instant by the exchange's clock and in UTC, to the second that has begun: never told too late. */
function instantText(at: number): string {
  const utc = new Date(at - (at % 1_000)).toISOString().replace('.000Z', 'Z');
  return `${EXCHANGE_TIME.format(at)} (${EXCHANGE_ZONE}), ${utc}`;
}

/**
 * Text from elsewhere as one bounded line: without control or formatting characters, which could end a
 * mail header or turn a line around.
 */
export function plainLine(words: string, charactersMax: number): string {
  const line = words
    .replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu, ' ')
    .replaceAll(/ {2,}/g, ' ')
    .trim();
  if (line.length <= charactersMax) return line;
  // A pair of surrogates is not cut in two.
  return `${line.slice(0, charactersMax - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
