import type { FiguresReading, Reading, ReadingRequest } from '#domain/case-events.ts';
import type { FiguresReader } from '#ports/figures-reader.ts';
import { withFirmProof } from './firm-proof.ts';
import type { FirmProofPorts } from './firm-proof.ts';

/**
 * How long figures, holds and brake may take together. The activity has 10 s: were it to run out of them,
 * it would be tried for ever, and its case would neither hold, page nor take a cure meanwhile.
 */
const READING_MS_MAX = 8_000;

export interface ReadingPorts extends FirmProofPorts {
  readonly figures: FiguresReader;
}

/** Reads what a case goes on with; what is not there within `msMax` makes the reading STALE. */
export async function readFigures(
  ports: ReadingPorts,
  request: ReadingRequest,
  msMax = READING_MS_MAX,
): Promise<Reading> {
  const inTime = untilOver(msMax);
  const figures = await figuresInTime(ports, request, inTime);
  const { firm } = ports;
  const bounded: FirmProofPorts['firm'] = {
    holds: () => inTime(firm.holds()),
    askToStart: (start, limit) => inTime(firm.askToStart(start, limit)),
  };
  return withFirmProof({ ...ports, firm: bounded }, request, figures);
}

async function figuresInTime(
  { figures, clock, logger }: ReadingPorts,
  request: ReadingRequest,
  inTime: InTime,
): Promise<FiguresReading> {
  try {
    return await inTime(figures.read(request));
  } catch (error) {
    logger.warn({ error: String(error), account_id: request.accountId }, 'no figures in time');
    const what = `figures of ${request.accountId}`;
    const reason = {
      code: 'NOT_CAUGHT_UP',
      what,
      observed: String(error),
      limit: 'an answer',
    } as const;
    return { outcome: 'STALE', readAt: clock.now(), reason };
  }
}

type InTime = <T>(work: Promise<T>) => Promise<T>;

/** Bounds several waits by one time, which begins now. What comes later is not heard. */
function untilOver(msMax: number): InTime {
  const endAt = performance.now() + msMax;
  return async (work) => {
    let timer: NodeJS.Timeout | undefined;
    const over = new Promise<never>((_resolve, reject) => {
      const error = new Error(`no answer in ${String(msMax)} ms`);
      timer = setTimeout(() => reject(error), Math.max(0, endAt - performance.now()));
    });
    try {
      return await Promise.race([work, over]);
    } finally {
      clearTimeout(timer);
    }
  };
}
