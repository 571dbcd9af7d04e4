import type { FiguresReading, FiguresRequest } from '#domain/case-events.ts';

/** Reads an account's figures so that a case may escalate on them (DESIGN 8). */
export interface FiguresReader {
  /**
   * Resolves within a bounded wait, of at most `waitMsMax` if that is given; what is not proved fresh
   * comes back as STALE, never as an error.
   */
  read(request: FiguresRequest, waitMsMax?: number): Promise<FiguresReading>;
}
