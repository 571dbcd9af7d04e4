import { systemClock } from '#platform/clock.ts';
import { createEndOffsets } from '#platform/kafka/log-reader.ts';
import { createPartitionOwner } from '#platform/kafka/partition-owner.ts';
import { createMessageChannels } from '#platform/notices/message-channels.ts';
import { loadNoticeConfiguration } from '#platform/notices/notice-configuration.ts';
import { runProcess } from '#platform/process.ts';
import { notifierMetrics } from './notifier-metrics.ts';
import { Notifier } from './notifier.ts';

const NAME = 'notifier';

runProcess({
  name: NAME,
  start: async ({ environment, logger, metrics, fail }) => {
    const { partitions, topicPrefix, kafkaBrokers: brokers } = environment;
    const configuration = loadNoticeConfiguration(
      environment.noticeConfigFile,
      environment.noticeFile,
    );
    const secrets = {
      webhookSecret: environment.noticeWebhookSecret,
      smtpPassword: environment.noticeSmtpPassword,
    };
    const surroundings = { brokers, topicPrefix, clientId: NAME, logger };
    const ends = await createEndOffsets(surroundings);
    const notifier = new Notifier({
      owner: createPartitionOwner(surroundings, { groupId: NAME, partitions, onFatal: fail }),
      ends,
      channels: createMessageChannels(configuration, secrets, logger),
      pageEveryMs: configuration.alerts.every_ms,
      clock: systemClock,
      logger,
      metrics: notifierMetrics(metrics),
    });
    await notifier.start();
    return {
      ready: () => Promise.resolve(notifier.ready()),
      stop: async () => {
        await notifier.stop();
        await ends.close();
      },
    };
  },
});
