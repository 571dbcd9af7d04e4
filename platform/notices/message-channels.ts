import type { NoticeConfiguration } from '#contracts/notice-configuration.ts';
import type { ChannelName } from '#contracts/notices.ts';
import type { Logger } from '#ports/logger.ts';
import type { MessageChannel, MessageChannels } from '#ports/message-channel.ts';
import { fileChannel } from './file-channel.ts';
import { logChannel } from './log-channel.ts';
import { NoticeConfigurationError } from './notice-configuration.ts';
import { smtpChannel } from './smtp-channel.ts';
import { webhookChannel } from './webhook-channel.ts';

/** What is not written into a file. */
export interface NoticeSecrets {
  readonly webhookSecret: string | undefined;
  readonly smtpPassword: string | undefined;
}

/** The channels that a configuration describes. Throws NoticeConfigurationError when one cannot be. */
export function createMessageChannels(
  configuration: NoticeConfiguration,
  secrets: NoticeSecrets,
  logger: Logger,
): MessageChannels {
  const { accounts, alerts } = configuration;
  const shared = new Map(
    allNames(configuration).map((name) => [name, create(name, configuration, secrets, logger)]),
  );
  const channel = (name: ChannelName): MessageChannel => {
    const found = shared.get(name);
    if (found === undefined) throw new NoticeConfigurationError(`${name} is not described`);
    return found;
  };
  return {
    ofCustomer: (accountId) =>
      (accounts[accountId]?.channels ?? configuration.channels).map(channel),
    ofPeople: () => alerts.channels.map(channel),
  };
}

function allNames({ channels, alerts, accounts }: NoticeConfiguration): ChannelName[] {
  const others = Object.values(accounts).flatMap((account) => account.channels ?? []);
  return [...new Set([...channels, ...alerts.channels, ...others])];
}

function create(
  name: ChannelName,
  configuration: NoticeConfiguration,
  { webhookSecret, smtpPassword }: NoticeSecrets,
  logger: Logger,
): MessageChannel {
  const { file, webhook, smtp, accounts, alerts, send_ms_max: sendMsMax } = configuration;
  switch (name) {
    case 'log':
      return logChannel(logger);
    case 'file':
      return fileChannel(described(name, file).path, sendMsMax);
    case 'webhook': {
      const { url, allowed_hosts: allowedHosts } = described(name, webhook);
      if (webhookSecret === undefined) {
        throw new NoticeConfigurationError('SENTINEL_NOTICE_WEBHOOK_SECRET is not set');
      }
      return webhookChannel({ url: new URL(url), allowedHosts, secret: webhookSecret, sendMsMax });
    }
    case 'smtp':
      return smtpChannel({
        ...described(name, smtp),
        password: smtpPassword,
        sendMsMax,
        addressOf: (accountId) => (accountId === null ? alerts.email : accounts[accountId]?.email),
      });
  }
}

function described<T>(name: ChannelName, description: T | undefined): T {
  if (description === undefined) throw new NoticeConfigurationError(`${name} is not described`);
  return description;
}
