import type { ProcessName } from '#contracts/metric-definition.ts';
import type { Logger } from '#ports/logger.ts';
import type { Metrics } from '#ports/metrics.ts';
import type { Readiness } from '#ports/readiness.ts';
import { EnvironmentError, readEnvironment } from './environment.ts';
import type { Environment } from './environment.ts';
import { startHealthServer } from './health-server.ts';
import type { HealthServer } from './health-server.ts';
import { createLogger } from './logging.ts';
import { createMetrics } from './metrics.ts';

/** A supervisor waits 5 s after SIGTERM before it kills. */
const STOP_MS_MAX = 4_500;

/** What a part is started with. */
export interface ProcessContext {
  readonly name: ProcessName;
  readonly environment: Environment;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Ends the process with exit code 1: its work can no longer be done right. */
  readonly fail: (error: unknown) => void;
}

/** A part that runs. */
export interface RunningPart {
  /** Finishes what is under way and lets go of everything, within 4 s. */
  stop(): Promise<void>;
  /** For `/readyz`; a part without it is ready once started. */
  ready?(): Promise<Readiness>;
  /** Fields for the ready line, such as the port that the part listens on. */
  readonly readyFields?: Readonly<Record<string, unknown>>;
}

export interface ProcessDefinition {
  readonly name: ProcessName;
  readonly start: (context: ProcessContext) => Promise<RunningPart>;
}

/**
 * The life of every `main.ts`: reads the environment, starts the part, logs a line with
 * `"event":"ready"`, serves health and metrics when asked to, and stops on SIGTERM, SIGINT or, with
 * SENTINEL_EXIT_WITH_PARENT=1, at the end of stdin. Exit code 0 after a clean stop; 1 after a
 * defect or a stop that took too long; 2 when the environment is not valid.
 */
export function runProcess(definition: ProcessDefinition): void {
  const environment = environmentOrExit(definition.name);
  const logger = createLogger(definition.name, environment.logLevel);
  const metrics = createMetrics(definition.name);
  let part: RunningPart | null = null;
  let health: HealthServer | null = null;
  let stopping = false;

  const fail = (error: unknown): void => {
    logger.error(
      { err: error, event: 'failed' },
      'the process ends: a defect or a lost dependency',
    );
    process.exit(1);
  };

  const stop = (why: string): void => {
    if (stopping) return;
    stopping = true;
    logger.info({ event: 'stopping', why }, 'stopping');
    setTimeout(() => {
      logger.error({ event: 'stop_too_slow', limit_ms: STOP_MS_MAX }, 'stopping took too long');
      process.exit(1);
    }, STOP_MS_MAX).unref();
    Promise.all([part?.stop(), health?.close()]).then(() => {
      logger.info({ event: 'stopped' }, 'stopped');
      process.exit(0);
    }, fail);
  };

  listenForTheEnd(environment, logger, stop, fail);

  const start = async (): Promise<void> => {
    const context = { name: definition.name, environment, logger, metrics, fail };
    const started = await definition.start(context);
    part = started;
    if (environment.metricsPort !== undefined) {
      health = await startHealthServer({
        host: environment.listenHost,
        port: environment.metricsPort,
        ready: () => started.ready?.() ?? Promise.resolve({ ready: true }),
        metrics,
      });
    }
    const fields = { ...started.readyFields, metrics_port: health?.port };
    logger.info({ event: 'ready', ...fields }, `${definition.name} is ready`);
  };
  start().catch(fail);
}

function environmentOrExit(name: ProcessName): Environment {
  try {
    return readEnvironment();
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    createLogger(name, 'error').error({ event: 'bad_environment' }, error.message);
    process.exit(2);
  }
}

function listenForTheEnd(
  environment: Environment,
  logger: Logger,
  stop: (why: string) => void,
  fail: (error: unknown) => void,
): void {
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      stop(signal);
    });
  }
  if (environment.exitWithParent) {
    process.stdin.on('end', () => {
      stop('the parent is gone');
    });
    process.stdin.resume();
  }
  process.removeAllListeners('warning');
  process.on('warning', (warning) => {
    // kafkajs computes negative time-outs, which do no harm (PLATFORM, kafkajs).
    if (warning.name === 'TimeoutNegativeWarning') return;
    logger.warn({ err: warning }, 'a warning by Node');
  });
}
