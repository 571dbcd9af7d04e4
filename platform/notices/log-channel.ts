import type { Logger } from '#ports/logger.ts';
import type { MessageChannel } from '#ports/message-channel.ts';

/** Writes messages to the process's own log: for development, and as the last resort of alerts. */
export function logChannel(logger: Logger): MessageChannel {
  return {
    name: 'log',
    send: ({ id, accountId, subject, body }) => {
      logger.info({ event: 'message', message_id: id, account_id: accountId, body }, subject);
      return Promise.resolve({ outcome: 'DELIVERED' });
    },
  };
}
