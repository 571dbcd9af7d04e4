import { createCaseActivities } from '#activities/account-case.ts';
import { createFirmActivities } from '#activities/firm-enforcement.ts';
import { systemClock } from '#platform/clock.ts';
import type { Environment } from '#platform/environment.ts';
import { createCommandVerifier } from '#platform/identity/command-envelope.ts';
import { readPublicKey } from '#platform/identity/keys.ts';
import { createConsumerWatch } from '#platform/kafka/create-consumer-watch.ts';
import { createNoticeLog } from '#platform/kafka/notice-log.ts';
import { createPublisher } from '#platform/kafka/publisher.ts';
import { createMessageChannels } from '#platform/notices/message-channels.ts';
import { loadNoticeConfiguration } from '#platform/notices/notice-configuration.ts';
import { loadPolicy } from '#platform/policies.ts';
import { runProcess } from '#platform/process.ts';
import { firstNotReady } from '#platform/readiness.ts';
import { createCaseCounter } from '#platform/temporal/case-counts.ts';
import { caseTaskQueue } from '#platform/temporal/cases.ts';
import type { CommandVerifier } from '#ports/command-envelope.ts';
import type { Logger } from '#ports/logger.ts';
import type { MessageChannels } from '#ports/message-channel.ts';
import { isRepeatedAttempt } from './activity-attempt.ts';
import { CaseCensus } from './case-census.ts';
import { observeCases, showCaseCounts } from './case-metrics.ts';
import { startCaseWorker } from './case-worker.ts';
import { openFirm } from './open-firm.ts';
import { openFigures } from './open-figures.ts';

const NAME = 'worker';

runProcess({
  name: NAME,
  start: async ({ environment, logger, metrics, fail }) => {
    const { kafkaBrokers: brokers, topicPrefix, partitions } = environment;
    const { temporalAddress: address, temporalNamespace: namespace } = environment;
    const kafka = { brokers, topicPrefix, clientId: NAME, logger };
    const watch = createConsumerWatch(kafka, metrics);
    const surroundings = { ...kafka, watch };
    const commands = await commandVerifier(environment);
    const policy = loadPolicy(environment.preset);
    const [publisher, { firm, adopted, stop: stopFirm }, view] = await Promise.all([
      createPublisher(surroundings, partitions),
      openFirm(surroundings, { address, namespace, prefix: topicPrefix }, fail),
      openFigures(surroundings, { policy, partitions, metrics, onFatal: fail }),
    ]);
    const activities = createCaseActivities({
      publisher,
      figures: view.figures,
      firm,
      holdings: view.holdings,
      channels: customerChannels(environment, logger),
      noticeLog: createNoticeLog(kafka, partitions),
      isRepeated: isRepeatedAttempt,
      policy,
      commands,
      clock: systemClock,
      logger,
      onRecorded: observeCases(metrics, logger),
    });
    const worker = await startCaseWorker({
      address,
      namespace,
      taskQueue: caseTaskQueue(topicPrefix),
      activities: {
        ...activities,
        ...createFirmActivities({ publisher, commands, adopted, clock: systemClock }),
      },
      logger,
      metrics,
      onFatal: fail,
    });
    const counter = createCaseCounter({ address, namespace, prefix: topicPrefix });
    const census = new CaseCensus(counter.count, showCaseCounts(metrics), logger);
    census.start();
    return {
      ready: () => Promise.resolve(firstNotReady(watch.ready(), census.ready(), worker.ready())),
      stop: async () => {
        census.stop();
        await worker.stop();
        await Promise.all([view.stop(), stopFirm(), publisher.close(), watch.stop()]);
        await counter.close();
      },
    };
  },
});

/** Believes the commands of the API whose public key the environment names. */
async function commandVerifier({ commandPublicKeyFile }: Environment): Promise<CommandVerifier> {
  if (commandPublicKeyFile === undefined) {
    throw new Error('SENTINEL_COMMAND_PUBLIC_KEY_FILE is not set: no command could be believed');
  }
  return createCommandVerifier(await readPublicKey(commandPublicKeyFile));
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
