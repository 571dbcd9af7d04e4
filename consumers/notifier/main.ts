import { systemClock } from '#platform/clock.ts';
import { createConsumerWatch } from '#platform/kafka/create-consumer-watch.ts';
import { createEndOffsets } from '#platform/kafka/log-reader.ts';
import { createPartitionOwner } from '#platform/kafka/partition-owner.ts';
import { createMessageChannels } from '#platform/notices/message-channels.ts';
import { loadNoticeConfiguration } from '#platform/notices/notice-configuration.ts';
import { runProcess } from '#platform/process.ts';
import { firstNotReady } from '#platform/readiness.ts';
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
    const kafka = { brokers, topicPrefix, clientId: NAME, logger };
    const watch = createConsumerWatch(kafka, metrics);
    const surroundings = { ...kafka, watch };
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
      ready: () => Promise.resolve(firstNotReady(watch.ready(), notifier.ready())),
      stop: async () => {
        await notifier.stop();
        await Promise.all([ends.close(), watch.stop()]);
      },
    };
  },
});
