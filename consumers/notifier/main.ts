import { systemClock } from '#platform/clock.ts';
import { createProcessKafka } from '#platform/kafka/process-kafka.ts';
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
  start: async (context) => {
    const { environment, logger, metrics, fail } = context;
    const { partitions } = environment;
    const configuration = loadNoticeConfiguration(
      environment.noticeConfigFile,
      environment.noticeFile,
    );
    const secrets = {
      webhookSecret: environment.noticeWebhookSecret,
      smtpPassword: environment.noticeSmtpPassword,
    };
    const { watched, watch } = createProcessKafka(context);
    const ends = await createEndOffsets(watched);
    const notifier = new Notifier({
      owner: createPartitionOwner(watched, { groupId: NAME, partitions, onFatal: fail }),
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
