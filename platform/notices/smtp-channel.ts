import { createTransport } from 'nodemailer';
import type { MessageChannel } from '#ports/message-channel.ts';
import { NoticeConfigurationError } from './notice-configuration.ts';
import { fieldOf, NotTakenError, reasonOf, sentWithin } from './sent-within.ts';

const LOOPBACK = ['127.0.0.1', '::1', 'localhost'];

/** The share of the whole time in which a server has to greet: one that does not was sent nothing. */
const GREETING_SHARE = 0.75;
/** nodemailer's words for what happens before a message is sent. */
const BEFORE_SENDING = [
  'EDNS',
  'ETLS',
  'EAUTH',
  'EENVELOPE',
  'CONNECT_TIMEOUT',
  'GREETING_TIMEOUT',
  'UPGRADE_TIMEOUT',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
];

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
      connectionTimeout: sendMsMax * GREETING_SHARE,
      greetingTimeout: sendMsMax * GREETING_SHARE,
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
        const headers = { 'auto-submitted': 'auto-generated' };
        await transport.sendMail({ ...mail, messageId, headers }).catch(notSent);
      };
      return sentWithin(sendMsMax, post, () => {
        transport.close();
      });
    },
  };
}

/** Throws what a failure means: a server that answered with a refusal has not taken the mail. */
function notSent(error: unknown): never {
  const words = ['code', 'originalCode', 'timeoutType'].map((name) => String(fieldOf(error, name)));
  const isRefused = typeof fieldOf(error, 'responseCode') === 'number';
  if (isRefused || words.some((word) => BEFORE_SENDING.includes(word))) {
    throw new NotTakenError(reasonOf(error), { cause: error });
  }
  throw error;
}
