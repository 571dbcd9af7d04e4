import { createCaseActivities } from '#activities/account-case.ts';
import { ALWAYS_OPEN } from '#domain/market-hours.ts';
import { systemClock } from '#platform/clock.ts';
import { createEndOffsets, createLogReader } from '#platform/kafka/log-reader.ts';
import { createNoticeLog } from '#platform/kafka/notice-log.ts';
import { partitionOf } from '#platform/kafka/partition-of.ts';
import { createPublisher } from '#platform/kafka/publisher.ts';
import { createMessageChannels } from '#platform/notices/message-channels.ts';
import { loadNoticeConfiguration } from '#platform/notices/notice-configuration.ts';
import { loadPolicy } from '#platform/policies.ts';
import { runProcess } from '#platform/process.ts';
import { caseTaskQueue } from '#platform/temporal/cases.ts';
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
    const channels = createMessageChannels(
      loadNoticeConfiguration(environment.noticeConfigFile, environment.noticeFile),
      {
        webhookSecret: environment.noticeWebhookSecret,
        smtpPassword: environment.noticeSmtpPassword,
      },
      logger,
    );
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
