import { z } from 'zod';
import { count, id, instant, text } from './wire.ts';

/**
 * What calls a person (DESIGN 8, 17; RULES, Notices). Whoever finds something raises it, the notifier
 * pages until somebody acknowledges it, the API acknowledges in the name of a person.
 */

/** A closed set: what a person is called for. docs/notices.md says what to do about each. */
export const ALERT_CODES = [
  /** A case cannot prove its figures fresh and holds escalation back. */
  'ESCALATION_HELD',
  /** A liquidation waits for a person's release. */
  'AWAITING_RELEASE',
  /** More liquidations would start than policy lets go: the brake is on. */
  'LIQUIDATION_BRAKE',
  /** Orders outlive their lifetime, or the last slice is spent. */
  'LIQUIDATION_STUCK',
  /** Nothing is left to sell and money is still missing. */
  'UNSECURED_DEFICIT',
  /** A customer's notice could not be delivered. */
  'NOTICE_UNDELIVERED',
  /** A kill, or controls that nobody can prove, stand in front of a liquidation. */
  'LIQUIDATION_HELD',
  /** Firm, symbol or strategy have used up most of what they may open today. */
  'LIMIT_NEARLY_USED',
  /** A control that nobody who enforces it can read stops its scope. */
  'CONTROL_UNREADABLE',
  /** The flow of orders breaks a threshold whose action is to tell a person. */
  'ORDER_FLOW',
] as const;
export type AlertCode = (typeof ALERT_CODES)[number];

export const ALERT_SEVERITIES = ['WARNING', 'CRITICAL'] as const;

/**
 * RAISED by whoever finds it, again with a higher `count` when it happens again; PAGED by the notifier
 * after each page; ACKNOWLEDGED by a person, which ends the pages; CLEARED when what it was about is
 * over, which ends them too.
 */
export const ALERT_EVENTS = ['RAISED', 'PAGED', 'ACKNOWLEDGED', 'CLEARED'] as const;

export const ALERT_WHAT_CHARACTERS_MAX = 500;

/**
 * alerts.v1, keyed by `subject` (the account_id, or such as `SYMBOL:NVDA`). Each record holds the whole
 * alert, so that the last one of an `alert_id` tells all: an open alert lives as long as it is paged.
 */
export const alertSchema = z
  .strictObject({
    alert_id: id,
    event: z.enum(ALERT_EVENTS),
    severity: z.enum(ALERT_SEVERITIES),
    code: z.enum(ALERT_CODES),
    subject: id,
    what: text(ALERT_WHAT_CHARACTERS_MAX).describe('what happened, to which thing, what to do'),
    since: instant,
    count: count.describe('how often it was raised, by the last to raise it'),
    timestamp: instant,
    correlation_id: id,
    pages: count.describe('how often a person was paged'),
    paged_at: instant.nullable(),
    acknowledged_by: text(64).nullable(),
    acknowledged_at: instant.nullable(),
    cleared_at: instant.nullable(),
  })
  .meta({ id: 'Alert' });
export type AlertRecord = z.infer<typeof alertSchema>;

/** What whoever raises an alert knows of it. */
export type RaisedAlert = Pick<
  AlertRecord,
  'severity' | 'code' | 'subject' | 'what' | 'since' | 'timestamp' | 'correlation_id'
> & {
  /** Of which occurrence, when one subject can have several at the same instant; else left out. */
  readonly occurrence?: string;
  /** 1 unless it is said again. */
  readonly count?: number;
};

/** An alert as it is raised. What happened and since when make its id: to raise it again changes nothing. */
export function raisedAlert({ occurrence, count: times = 1, ...alert }: RaisedAlert): AlertRecord {
  return {
    alert_id: alertIdOf(alert.code, `${alert.subject}/${occurrence ?? ''}`, alert.since),
    event: 'RAISED',
    ...alert,
    what: alert.what.slice(0, ALERT_WHAT_CHARACTERS_MAX),
    count: times,
    pages: 0,
    paged_at: null,
    acknowledged_by: null,
    acknowledged_at: null,
    cleared_at: null,
  };
}

/** The alert with the end of what it was about. */
export function clearedAlert(alert: AlertRecord, at: number): AlertRecord {
  return { ...alert, event: 'CLEARED', timestamp: at, cleared_at: at };
}

/** The alert as a person has taken it on. */
export function acknowledgedAlert(alert: AlertRecord, by: string, at: number): AlertRecord {
  return {
    ...alert,
    event: 'ACKNOWLEDGED',
    timestamp: at,
    acknowledged_by: by,
    acknowledged_at: at,
  };
}

/** The order for people: the most severe first, then the oldest. */
export function bySeverity(a: AlertRecord, b: AlertRecord): number {
  if (a.severity !== b.severity) return a.severity === 'CRITICAL' ? -1 : 1;
  return a.since - b.since;
}

/**
 * What two records of one alert say together: nothing that was said is unsaid, in whatever order
 * writers that do not know of each other came.
 */
export function mergeAlert(known: AlertRecord | undefined, next: AlertRecord): AlertRecord {
  if (known === undefined) return next;
  const first = known.acknowledged_at === null ? next : known;
  return {
    ...next,
    what: next.count >= known.count ? next.what : known.what,
    since: Math.min(known.since, next.since),
    count: Math.max(known.count, next.count),
    timestamp: Math.max(known.timestamp, next.timestamp),
    pages: Math.max(known.pages, next.pages),
    paged_at: later(known.paged_at, next.paged_at),
    acknowledged_by: first.acknowledged_by,
    acknowledged_at: first.acknowledged_at,
    cleared_at: known.cleared_at ?? next.cleared_at,
  };
}

/** Is there still something to page for? */
export function isOpenAlert({
  acknowledged_at,
  cleared_at,
}: Pick<AlertRecord, 'acknowledged_at' | 'cleared_at'>): boolean {
  return acknowledged_at === null && cleared_at === null;
}

function later(a: number | null, b: number | null): number | null {
  if (a === null) return b;
  return b === null ? a : Math.max(a, b);
}

function alertIdOf(code: AlertCode, about: string, since: number): string {
  return `${code}.${String(since)}.${fnv1a64(about)}`;
}

/** FNV-1a, 64 bits in hex: short, the same everywhere, and no secret depends on it. */
function fnv1a64(words: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(words)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  }
  return hash.toString(16).padStart(16, '0');
}
