import type { FiguresReading, Reading, ReadingRequest } from '#domain/case-events.ts';
import type { FiguresReader } from '#ports/figures-reader.ts';
import { withFirmProof } from './firm-proof.ts';
import type { FirmProofPorts } from './firm-proof.ts';

/** How long a reading may take, ms. */
export interface ReadingTime {
  /** Of it, until the figures have caught up; as long as the reader waits by itself when missing. */
  readonly figuresMsMax?: number;
  /** Figures, holds and brake together. */
  readonly msMax: number;
}

/**
 * The activity has 10 s: were it to run out of them, it would be tried for ever, and its case would
 * neither hold, page nor take a cure meanwhile.
 */
const READING: ReadingTime = { msMax: 8_000 };

/** Within a workflow task, which others wait for: most of the time figures are fresh at once. */
export const GLANCE: ReadingTime = { figuresMsMax: 500, msMax: 1_000 };

export interface ReadingPorts extends FirmProofPorts {
  readonly figures: FiguresReader;
}

/** Reads what a case goes on with; what is not there in time makes the reading STALE. */
export async function readFigures(
  ports: ReadingPorts,
  request: ReadingRequest,
  { msMax, figuresMsMax }: ReadingTime = READING,
): Promise<Reading> {
  const inTime = untilOver(msMax);
  const figures = await figuresInTime(
    ports,
    inTime(ports.figures.read(request, figuresMsMax)),
    request,
  );
  const { firm } = ports;
  const bounded: FirmProofPorts['firm'] = {
    holds: () => inTime(firm.holds()),
    askToStart: (start, limit) => inTime(firm.askToStart(start, limit)),
  };
  return withFirmProof({ ...ports, firm: bounded }, request, figures);
}

async function figuresInTime(
  { clock, logger }: ReadingPorts,
  reading: Promise<FiguresReading>,
  request: ReadingRequest,
): Promise<FiguresReading> {
  try {
    return await reading;
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
