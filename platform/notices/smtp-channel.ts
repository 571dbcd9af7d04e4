import { createTransport } from 'nodemailer';
import type { MessageChannel } from '#ports/message-channel.ts';
import { NoticeConfigurationError } from './notice-configuration.ts';
import { sentWithin } from './sent-within.ts';

const LOOPBACK = ['127.0.0.1', '::1', 'localhost'];

export interface SmtpOptions {
  readonly host: string;
  readonly port: number;
  readonly tls: 'none' | 'starttls' | 'implicit';
  readonly user?: string | undefined;
  readonly password: string | undefined;
  readonly from: string;
  readonly sendMsMax: number;
  /** Of an account's customer, or with null of the firm's people; undefined when none is known. */
  readonly addressOf: (accountId: string | null) => string | undefined;
}

/**
 * Mails each message as plain text. It counts when the server has taken it for its recipient; what a
 * later server does with it comes back as mail to `from`. Throws NoticeConfigurationError.
 */
export function smtpChannel(options: SmtpOptions): MessageChannel {
  const { host, port, tls, user, password, from, sendMsMax, addressOf } = options;
  if (tls === 'none' && !LOOPBACK.includes(host)) {
    throw new NoticeConfigurationError(`smtp: ${host} needs tls`);
  }
  if ((user === undefined) !== (password === undefined)) {
    throw new NoticeConfigurationError('smtp: user and SENTINEL_NOTICE_SMTP_PASSWORD go together');
  }
  const connect = () =>
    createTransport({
      host,
      port,
      secure: tls === 'implicit',
      ignoreTLS: tls === 'none',
      requireTLS: tls === 'starttls',
      connectionTimeout: sendMsMax,
      greetingTimeout: sendMsMax,
      socketTimeout: sendMsMax,
      disableFileAccess: true,
      disableUrlAccess: true,
      ...(user === undefined ? {} : { auth: { user, pass: password } }),
    });
  return {
    name: 'smtp',
    send: async ({ id, accountId, subject, body }) => {
      const to = addressOf(accountId);
      if (to === undefined) {
        return { outcome: 'FAILED', reason: `no e-mail address of ${accountId ?? 'the desk'}` };
      }
      const transport = connect();
      const mail = { from, to: { name: '', address: to }, subject, text: body };
      const messageId = `<${id}@${from.slice(from.lastIndexOf('@') + 1)}>`;
      const post = async (): Promise<void> => {
        await transport.sendMail({
          ...mail,
          messageId,
          headers: { 'auto-submitted': 'auto-generated' },
        });
      };
      return sentWithin(sendMsMax, post, () => {
        transport.close();
      });
    },
  };
}
