import { decodeRecord } from '#contracts/decode-record.ts';
import { noticeSchema } from '#contracts/notices.ts';
import type { NoticeRecord } from '#contracts/notices.ts';
import { TOPICS } from '#contracts/topics.ts';
import type { NoticeLog } from '#ports/notice-log.ts';
import type { KafkaSurroundings } from './client.ts';
import { createLogReader } from './log-reader.ts';
import { partitionOf } from './partition-of.ts';

/** The clocks of who decided and who wrote may differ by this much. */
const CLOCKS_APART_MS = 60_000;
const READ_MS_MAX = 4_000;

/** Reads notices.v1 when asked, from about the time at which a notice was issued (ports/notice-log.ts). */
export function createNoticeLog(surroundings: KafkaSurroundings, partitions: number): NoticeLog {
  return {
    attempts: async (accountId, noticeId, issuedAt) => {
      const found: NoticeRecord[] = [];
      const reader = createLogReader(surroundings, {
        partition: partitionOf(accountId, partitions),
        from: { sinceMs: issuedAt - CLOCKS_APART_MS },
        // What could not be read shows in `caughtUp`.
        onFatal: () => undefined,
      });
      try {
        await reader.start([TOPICS.notices.name], (records) => {
          for (const { value, key } of records) {
            const decoded = decodeRecord(noticeSchema, value, key);
            if (decoded.ok && decoded.record.notice_id === noticeId) found.push(decoded.record);
          }
        });
        await reader.caughtUp(READ_MS_MAX);
      } finally {
        await reader.stop();
      }
      return found;
    },
  };
}
