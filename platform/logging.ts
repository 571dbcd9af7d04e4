import { pino } from 'pino';
import type { DestinationStream, Logger as PinoLogger } from 'pino';

/** Field names that never reach a log line, at the top or one level down. */
const SECRETS = [
  'authorization',
  'Authorization',
  'token',
  'password',
  'secret',
  'privateKey',
  'private_key',
  'idempotency-key',
];

/**
 * A logger of one JSON object a line: `time` is ISO 8601 UTC, `part` the process, `level` a word.
 * Fields that hold credentials are replaced by `[redacted]`.
 */
export function createLogger(
  part: string,
  level: 'debug' | 'info' | 'warn' | 'error',
  destination?: DestinationStream,
): PinoLogger {
  return pino(
    {
      level,
      base: { part, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: {
        paths: SECRETS.flatMap((name) => [`["${name}"]`, `*["${name}"]`, `*.*["${name}"]`]),
        censor: '[redacted]',
      },
    },
    destination ?? pino.destination({ fd: 1, sync: true }),
  );
}
