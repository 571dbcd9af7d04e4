import { z } from 'zod';
import { figure, id, instant, text } from './wire.ts';

/** What customers are told, and what became of the telling (RULES, Notices). */

/** One for each step of an episode that concerns the customer. */
export const NOTICE_KINDS = [
  'WARNING',
  'MARGIN_CALL',
  /** The demand rose: the call is told again, its due instant stays. */
  'DEMAND_RAISED',
  /** A person of the firm has moved the due instant. */
  'DUE_MOVED',
  /** Past due, by its time or because the call was accelerated, and close-only with it. */
  'CLOSE_ONLY',
  'LIQUIDATION_STARTED',
  'LIQUIDATION_COMPLETED',
  'CALL_MET',
  'RESTRICTION_LIFTED',
  /** Close-only because of the stress figures, without a call. */
  'STRESS_CLOSE_ONLY',
  'STRESS_LIFTED',
] as const;
export type NoticeKind = (typeof NOTICE_KINDS)[number];

export const CHANNEL_NAMES = ['log', 'file', 'webhook', 'smtp'] as const;
export const channelNameSchema = z.enum(CHANNEL_NAMES);
export type ChannelName = (typeof CHANNEL_NAMES)[number];

/**
 * ATTEMPTED goes on record before anything is sent; what becomes of it follows. FAILED: it surely did
 * not arrive. UNKNOWN: it may have arrived, so it is not sent again, and a person has to find out.
 */
const ATTEMPT_STATES = ['ATTEMPTED', 'DELIVERED', 'FAILED', 'UNKNOWN'] as const;

export const NOTICE_SUBJECT_CHARACTERS_MAX = 150;
export const NOTICE_BODY_CHARACTERS_MAX = 8_000;
export const REASON_CHARACTERS_MAX = 200;

/**
 * notices.v1, keyed by account_id: one attempt to deliver one notice over one channel. Every record
 * holds the whole notice, so that the last one of a notice and channel is enough to go on from.
 */
export const noticeSchema = z
  .strictObject({
    notice_id: id.describe('the event id of the step that it tells of'),
    attempt_id: id,
    account_id: id,
    episode: z.int().min(0),
    kind: z.enum(NOTICE_KINDS),
    channel: channelNameSchema,
    attempt: z.int().min(1).max(1_000).describe('counts from 1 for each notice and channel'),
    by: z.enum(['case', 'notifier']),
    state: z.enum(ATTEMPT_STATES),
    reason: text(REASON_CHARACTERS_MAX).nullable().describe('why it is FAILED or UNKNOWN'),
    retry_at: instant
      .nullable()
      .describe('of a FAILED one, when it is tried again; null: a person has to tell the customer'),
    timestamp: instant,
    issued_at: instant.describe('when the step was decided'),
    amount: figure.nullable().describe('what is demanded or still owed, dollars'),
    due_at: instant.nullable().describe('the due instant that the customer is told'),
    subject: text(NOTICE_SUBJECT_CHARACTERS_MAX),
    body: text(NOTICE_BODY_CHARACTERS_MAX),
    correlation_id: id,
  })
  .meta({ id: 'NoticeAttempt' });
export type NoticeRecord = z.infer<typeof noticeSchema>;
