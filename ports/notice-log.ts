import type { NoticeRecord } from '#contracts/notices.ts';

/** What is on record about telling customers. */
export interface NoticeLog {
  /**
   * The attempts to deliver a notice that are on record, in their order; the notice was issued at
   * `issuedAt` (Unix ms). Reads the log, which takes a second or more. Rejects when it cannot be read.
   */
  attempts(accountId: string, noticeId: string, issuedAt: number): Promise<readonly NoticeRecord[]>;
}
