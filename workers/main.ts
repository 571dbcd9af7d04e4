import { createCaseActivities } from '#activities/account-case.ts';
import { ALWAYS_OPEN } from '#domain/market-hours.ts';
import { systemClock } from '#platform/clock.ts';
import type { Environment } from '#platform/environment.ts';
import { createCommandVerifier } from '#platform/identity/command-envelope.ts';
import { readPublicKey } from '#platform/identity/keys.ts';
import { createEndOffsets, createLogReader } from '#platform/kafka/log-reader.ts';
import { createNoticeLog } from '#platform/kafka/notice-log.ts';
import { partitionOf } from '#platform/kafka/partition-of.ts';
import { createPublisher } from '#platform/kafka/publisher.ts';
import { createMessageChannels } from '#platform/notices/message-channels.ts';
import { loadNoticeConfiguration } from '#platform/notices/notice-configuration.ts';
import { loadPolicy } from '#platform/policies.ts';
import { runProcess } from '#platform/process.ts';
import { caseTaskQueue } from '#platform/temporal/cases.ts';
import type { CommandVerifier } from '#ports/command-envelope.ts';
import type { Logger } from '#ports/logger.ts';
import type { MessageChannels } from '#ports/message-channel.ts';
import { isRepeatedAttempt } from './activity-attempt.ts';
import { startCaseWorker } from './case-worker.ts';
import { createFreshFigures } from './fresh-figures.ts';
import { MARGIN_VIEW_TOPICS, MarginView } from './margin-view.ts';
import { SharedEnds } from './shared-ends.ts';

const NAME = 'worker';

/** A view that is not complete after this long means that the log cannot be read. */
const VIEW_MS_MAX = 60_000;

runProcess({
  name: NAME,
  start: async ({ environment, logger, fail }) => {
    const surroundings = {
      brokers: environment.kafkaBrokers,
      topicPrefix: environment.topicPrefix,
      clientId: NAME,
      logger,
    };
    const { partitions } = environment;
    const commands = await commandVerifier(environment);
    const channels = messageChannels(environment, logger);
    const view = new MarginView(logger);
    const reader = createLogReader(surroundings, { onFatal: fail });
    const [publisher, ends] = await Promise.all([
      createPublisher(surroundings, partitions),
      createEndOffsets(surroundings),
      reader.start(MARGIN_VIEW_TOPICS, (records) => view.take(records)),
    ]);
    await reader.caughtUp(VIEW_MS_MAX);

    const activities = createCaseActivities({
      publisher,
      figures: createFreshFigures({
        view,
        reader,
        ends: new SharedEnds(ends, systemClock),
        partitionOf: (accountId) => partitionOf(accountId, partitions),
        isOpen: ALWAYS_OPEN,
        clock: systemClock,
        logger,
      }),
      holdings: view,
      channels,
      noticeLog: createNoticeLog(surroundings, partitions),
      isRepeated: isRepeatedAttempt,
      policy: loadPolicy(environment.preset),
      commands,
      clock: systemClock,
      logger,
    });
    const worker = await startCaseWorker({
      address: environment.temporalAddress,
      namespace: environment.temporalNamespace,
      taskQueue: caseTaskQueue(environment.topicPrefix),
      activities,
      logger,
      onFatal: fail,
    });
    return {
      stop: async () => {
        await worker.stop();
        await Promise.all([reader.stop(), publisher.close(), ends.close()]);
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

function messageChannels(environment: Environment, logger: Logger): MessageChannels {
  const { noticeConfigFile, noticeFile, noticeWebhookSecret, noticeSmtpPassword } = environment;
  return createMessageChannels(
    loadNoticeConfiguration(noticeConfigFile, noticeFile),
    { webhookSecret: noticeWebhookSecret, smtpPassword: noticeSmtpPassword },
    logger,
  );
}
