import { caseFiguresOf, positionsOf } from '#contracts/case-messages.ts';
import { figuresVersionString } from '#contracts/figures-version.ts';
import type { HeartbeatRecord, MarginCalcRecord } from '#contracts/margin-figures.ts';
import { TOPICS } from '#contracts/topics.ts';
import { toE4 } from '#contracts/wire.ts';
import type {
  FiguresReading,
  FiguresRequest,
  StaleCode,
  StaleReason,
} from '#domain/case-events.ts';
import { isLater } from '#domain/figures-version.ts';
import type { ClosesFrom, MarketHours } from '#domain/market-hours.ts';
import type { Policy } from '#domain/policy.ts';
import type { QuotedPosition } from '#domain/price-quality.ts';
import { isFreshlyQuoted, lastQuotedAt } from '#domain/quote-freshness.ts';
import type { Clock } from '#ports/clock.ts';
import type { FiguresReader } from '#ports/figures-reader.ts';
import type { LogReader } from '#ports/log-reader.ts';
import type { Logger } from '#ports/logger.ts';
import type { Histogram } from '#ports/metrics.ts';
import type { MarginView } from './margin-view.ts';
import type { Ends, SharedEnds } from './shared-ends.ts';

/** How long a reading waits for the engine and the view to reach the ends of the inputs. */
const CATCH_UP_MS_MAX = 3_000;
const POLL_MS = 10;

export interface FreshFiguresParts {
  readonly view: MarginView;
  /** How far the view has read. */
  readonly reader: Pick<LogReader, 'positions'>;
  readonly ends: Pick<SharedEnds, 'fetch'>;
  readonly partitionOf: (accountId: string) => number;
  /** The market's regular session: outside it the official close counts. */
  readonly isOpen: MarketHours;
  readonly closesFrom: ClosesFrom;
  /** The policy in force: the stress of the figures is by it. */
  readonly policy: Policy;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly seconds: Histogram<{ outcome: string }>;
  /** How long a reading waits, ms, if not the usual. */
  readonly catchUpMsMax?: number;
}

/**
 * Reads figures that a case may escalate on (DESIGN 8). They are fresh when the engine has applied
 * every input that existed when the case asked, the view has read every figure that the engine wrote
 * of it, and the engine's heartbeat is young. Each position says how good its price is: what a
 * doubtful one means is the ladder's to decide (domain/price-proof.ts).
 */
export function createFreshFigures(parts: FreshFiguresParts): FiguresReader {
  return {
    read: async (request, waitMsMax) => {
      const begun = performance.now();
      const waitMs = waitMsMax ?? parts.catchUpMsMax ?? CATCH_UP_MS_MAX;
      const reading = await read(parts, request, waitMs);
      const outcome = reading.outcome === 'FRESH' ? 'FRESH' : reading.reason.code;
      parts.seconds.observe({ outcome }, (performance.now() - begun) / 1_000);
      return reading;
    },
  };
}

async function read(
  parts: FreshFiguresParts,
  request: FiguresRequest,
  waitMs: number,
): Promise<FiguresReading> {
  try {
    const ends = await parts.ends.fetch();
    return await readWithin(parts, request, ends, waitMs);
  } catch (error) {
    parts.logger.warn(
      { error: String(error), account_id: request.accountId },
      'no ends to read to',
    );
    const reason = stale('NOT_CAUGHT_UP', 'the ends of the inputs', String(error), 'an answer');
    return { outcome: 'STALE', readAt: parts.clock.now(), reason };
  }
}

async function readWithin(
  parts: FreshFiguresParts,
  request: FiguresRequest,
  ends: Ends,
  waitMs: number,
): Promise<FiguresReading> {
  const { clock, view } = parts;
  const partition = parts.partitionOf(request.accountId);
  const giveUpAt = clock.now() + waitMs;
  for (;;) {
    const heartbeat = view.heartbeat(partition);
    const record = view.figures(request.accountId);
    const now = clock.now();
    const behind =
      behindInputs(partition, heartbeat, ends) ??
      behindFigures(parts, partition, heartbeat, ends) ??
      behindVersion(record, request);
    if (behind === null) return judge(parts, request, { partition, heartbeat, record, now });
    if (now >= giveUpAt) {
      const reason = oldHeartbeat(request, partition, heartbeat, now) ?? behind;
      return { outcome: 'STALE', readAt: now, reason };
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** Has the engine applied all that was there to apply? */
function behindInputs(
  partition: number,
  heartbeat: HeartbeatRecord | null,
  ends: Ends,
): StaleReason | null {
  if (heartbeat === null) return stale('HEARTBEAT_OLD', engineOf(partition), 'none', 'a heartbeat');
  const applied = heartbeat.applied_offsets;
  return (
    behindAt(TOPICS.fills.name, [applied['fills.v1']], [ends.fills[partition] ?? 0]) ??
    behindAt(TOPICS.cash.name, [applied['cash.v1']], [ends.cash[partition] ?? 0]) ??
    behindAt(
      TOPICS.adjustments.name,
      [applied['adjustments.v1']],
      [ends.adjustments[partition] ?? 0],
    ) ??
    behindAt(TOPICS.prices.name, applied['prices.v1'], ends.prices) ??
    behindAt(TOPICS.betas.name, applied['betas.v1'], ends.betas) ??
    behindAt(TOPICS.instruments.name, applied['instruments.v1'], ends.instruments)
  );
}

/** Has the view read all that the engine had published by its heartbeat, and all that was there? */
function behindFigures(
  { reader }: FreshFiguresParts,
  partition: number,
  heartbeat: HeartbeatRecord | null,
  ends: Ends,
): StaleReason | null {
  const position = reader.positions(TOPICS.marginCalc.name)[partition] ?? 0;
  const goal = Math.max(heartbeat?.calc_position ?? 0, ends.calc[partition] ?? 0);
  return behindAt(`${TOPICS.marginCalc.name} as read`, [position], [goal]);
}

function behindVersion(
  record: MarginCalcRecord | null,
  { accountId, atLeast }: FiguresRequest,
): StaleReason | null {
  if (atLeast === null || (record !== null && !isLater(atLeast, record))) return null;
  const observed = record === null ? 'none' : figuresVersionString(record);
  return stale('NOT_CAUGHT_UP', `figures of ${accountId}`, observed, figuresVersionString(atLeast));
}

function behindAt(
  what: string,
  positions: readonly number[],
  ends: readonly number[],
): StaleReason | null {
  const index = ends.findIndex((end, at) => (positions[at] ?? 0) < end);
  if (index === -1) return null;
  return stale('NOT_CAUGHT_UP', what, String(positions[index] ?? 0), String(ends[index]));
}

interface Found {
  readonly partition: number;
  readonly heartbeat: HeartbeatRecord | null;
  readonly record: MarginCalcRecord | null;
  readonly now: number;
}

function judge(parts: FreshFiguresParts, request: FiguresRequest, found: Found): FiguresReading {
  const { policy } = parts;
  const { partition, heartbeat, record, now } = found;
  if (record === null) {
    const reason = stale('NO_FIGURES', `figures of ${request.accountId}`, 'none', 'one version');
    return { outcome: 'STALE', readAt: now, reason };
  }
  const reason = oldHeartbeat(request, partition, heartbeat, now);
  if (reason !== null) return { outcome: 'STALE', readAt: now, reason };
  return {
    outcome: 'FRESH',
    readAt: now,
    figures: caseFiguresOf(record, policy),
    cashE4: toE4(record.cash),
    positions: withQuality(parts, request, record, now),
    ...(policy.calendar.version > request.calendarVersion ? { calendar: policy.calendar } : {}),
  };
}

function oldHeartbeat(
  { heartbeatAgeMaxMs }: FiguresRequest,
  partition: number,
  heartbeat: HeartbeatRecord | null,
  now: number,
): StaleReason | null {
  if (heartbeat === null) return stale('HEARTBEAT_OLD', engineOf(partition), 'none', 'a heartbeat');
  const ageMs = now - heartbeat.ts;
  if (ageMs <= heartbeatAgeMaxMs) return null;
  return stale('HEARTBEAT_OLD', engineOf(partition), msText(ageMs), msText(heartbeatAgeMaxMs));
}

/** The positions with their prices' quality as of now: what the engine doubts, and old quotes. */
function withQuality(
  { view, isOpen, closesFrom }: FreshFiguresParts,
  { quoteAgeMaxMs }: FiguresRequest,
  record: MarginCalcRecord,
  now: number,
): QuotedPosition[] {
  const closes = new Set(
    record.positions.flatMap(({ symbol, price_kind: kind }) => (kind === 'CLOSE' ? [symbol] : [])),
  );
  return positionsOf(record).map((position) => {
    const { symbol, priceE4, quality } = position;
    const kind = closes.has(symbol) ? 'CLOSE' : 'TRADE';
    const price = { kind, at: position.quotedAt ?? null } as const;
    const quotedAt = lastQuotedAt(price, view.lastQuote(symbol), isOpen);
    const isFresh = isFreshlyQuoted(price, quotedAt, now, quoteAgeMaxMs, closesFrom);
    const isStale = quality === undefined && priceE4 !== null && !isFresh;
    return { ...position, quotedAt, ...(isStale ? { quality: 'STALE' as const } : {}) };
  });
}

function engineOf(partition: number): string {
  return `the engine of partition ${String(partition)}`;
}

function msText(ms: number): string {
  return `${String(ms)} ms`;
}

function stale(code: StaleCode, what: string, observed: string, limit: string): StaleReason {
  return { code, what, observed, limit };
}
