import { createCaseActivities } from '#activities/account-case.ts';
import { createFirmActivities } from '#activities/firm-enforcement.ts';
import { createControlActivities } from '#activities/kill-switch.ts';
import type { ControlActivityPorts } from '#activities/kill-switch.ts';
import type { CaseActivities } from '#contracts/case-activities.ts';
import type { FirmActivities } from '#contracts/firm-messages.ts';
import { systemClock } from '#platform/clock.ts';
import { loadControlPolicy } from '#platform/control-policy.ts';
import type { Environment } from '#platform/environment.ts';
import { createCommandVerifier } from '#platform/identity/command-envelope.ts';
import { createControlVerifier } from '#platform/identity/control-envelope.ts';
import { readPublicKey } from '#platform/identity/keys.ts';
import { createProcessKafka } from '#platform/kafka/process-kafka.ts';
import { createNoticeLog } from '#platform/kafka/notice-log.ts';
import { createPublisher } from '#platform/kafka/publisher.ts';
import { createMessageChannels } from '#platform/notices/message-channels.ts';
import { loadNoticeConfiguration } from '#platform/notices/notice-configuration.ts';
import { loadPolicy } from '#platform/policies.ts';
import { runProcess } from '#platform/process.ts';
import { firstNotReady } from '#platform/readiness.ts';
import { createCaseCounter } from '#platform/temporal/case-counts.ts';
import { caseTaskQueue } from '#platform/temporal/cases.ts';
import { controlTaskQueue } from '#platform/temporal/control-task-queue.ts';
import type { Logger } from '#ports/logger.ts';
import type { MessageChannels } from '#ports/message-channel.ts';
import type { CryptoKey } from 'jose';
import { activityAttempt } from './activity-attempt.ts';
import { CaseCensus } from './case-census.ts';
import { observeCases, showCaseCounts } from './case-metrics.ts';
import { openControlLog } from './open-controls.ts';
import { openFirm } from './open-firm.ts';
import { openFigures } from './open-figures.ts';
import { installRuntime, startWorker } from './start-worker.ts';
import type { RunningWorker, WorkerOptions } from './start-worker.ts';

const NAME = 'worker';

/** Cases and scopes kept ready in memory. */
const CACHED_CASES_MAX = 3_000;
const CACHED_SCOPES_MAX = 200;

type TemporalParts = Pick<
  WorkerOptions,
  'address' | 'namespace' | 'logger' | 'metrics' | 'onFatal'
>;

runProcess({
  name: NAME,
  start: async (context) => {
    const { environment, logger, metrics, fail } = context;
    const { topicPrefix, partitions } = environment;
    const { temporalAddress: address, temporalNamespace: namespace } = environment;
    const { kafka, watched, watch } = createProcessKafka(context);
    const commandKey = await readCommandKey(environment);
    const policy = loadPolicy(environment.preset);
    const [publisher, { firm, adopted, stop: stopFirm }, view, controls] = await Promise.all([
      createPublisher(watched, partitions),
      openFirm(watched, { address, namespace, prefix: topicPrefix }, metrics, fail),
      openFigures(watched, { policy, partitions, metrics, onFatal: fail }),
      openControlLog(watched, partitions, fail),
    ]);
    const commands = createCommandVerifier(commandKey);
    const activities = createCaseActivities({
      publisher,
      figures: view.figures,
      firm,
      holdings: view.holdings,
      channels: customerChannels(environment, logger),
      noticeLog: createNoticeLog(kafka, partitions),
      attempt: activityAttempt,
      policy,
      commands,
      clock: systemClock,
      logger,
      onRecorded: observeCases(metrics, logger),
    });
    installRuntime(logger);
    const temporal = { address, namespace, logger, metrics, onFatal: fail };
    const ports = { publisher, clock: systemClock };
    const firmActivities = createFirmActivities({ ...ports, commands, adopted });
    const workers = await Promise.all([
      startCaseWorker(temporal, topicPrefix, activities),
      startControlWorker(temporal, topicPrefix, firmActivities, {
        ...ports,
        log: controls.log,
        commands: createControlVerifier(commandKey),
      }),
    ]);
    const counter = createCaseCounter({ address, namespace, prefix: topicPrefix });
    const census = new CaseCensus(counter.count, showCaseCounts(metrics), logger);
    census.start();
    return {
      ready: () =>
        Promise.resolve(firstNotReady(...[watch, census, ...workers].map((part) => part.ready()))),
      stop: async () => {
        census.stop();
        await Promise.all(workers.map((worker) => worker.stop()));
        await Promise.all([
          ...[view.stop(), stopFirm(), controls.stop()],
          ...[publisher.close(), watch.stop()],
        ]);
        await counter.close();
      },
    };
  },
});

function startCaseWorker(
  temporal: TemporalParts,
  topicPrefix: string,
  activities: CaseActivities,
): Promise<RunningWorker> {
  return startWorker({
    ...temporal,
    taskQueue: caseTaskQueue(topicPrefix),
    workflow: 'account-case.ts',
    activities,
    cachedMax: CACHED_CASES_MAX,
  });
}

/** A queue and a worker of their own: no flood of margin calls holds a kill up. */
function startControlWorker(
  temporal: TemporalParts,
  topicPrefix: string,
  firmActivities: FirmActivities,
  ports: Omit<ControlActivityPorts, 'policy'>,
): Promise<RunningWorker> {
  return startWorker({
    ...temporal,
    taskQueue: controlTaskQueue(topicPrefix),
    workflow: 'control-workflows.ts',
    activities: {
      ...firmActivities,
      ...createControlActivities({ ...ports, policy: loadControlPolicy() }),
    },
    cachedMax: CACHED_SCOPES_MAX,
  });
}

/** What people command is believed when the API signed it whose public key the environment names. */
async function readCommandKey({ commandPublicKeyFile }: Environment): Promise<CryptoKey> {
  if (commandPublicKeyFile === undefined) {
    throw new Error('SENTINEL_COMMAND_PUBLIC_KEY_FILE is not set: no command could be believed');
  }
  return readPublicKey(commandPublicKeyFile);
}

function customerChannels(environment: Environment, logger: Logger): MessageChannels {
  return createMessageChannels(
    loadNoticeConfiguration(environment.noticeConfigFile, environment.noticeFile),
    {
      webhookSecret: environment.noticeWebhookSecret,
      smtpPassword: environment.noticeSmtpPassword,
    },
    logger,
  );
}
