import { createHmac } from 'node:crypto';
import type { MessageChannel } from '#ports/message-channel.ts';
import { NoticeConfigurationError } from './notice-configuration.ts';
import { fieldOf, NotTakenError, reasonOf, sentWithin } from './sent-within.ts';

const LOOPBACK = ['127.0.0.1', '[::1]', 'localhost'];

/** No message is this long; a larger one is a defect and is not sent. */
const BODY_BYTES_MAX = 64 * 1024;

/** Without a connection nothing was sent (Node's and undici's codes). */
const NOT_CONNECTED = [
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
];

/** A gateway that has no answer does not know what the one behind it did (RFC 9110, 15.6.3 and 15.6.5). */
const FROM_GATEWAYS = [502, 504];

export interface WebhookOptions {
  readonly url: URL;
  /** Beside the machine itself. */
  readonly allowedHosts: readonly string[];
  readonly secret: string;
  readonly sendMsMax: number;
}

/**
 * POSTs each message as JSON. `x-sentinel-signature: t=<Unix s>,v1=<hex>` is the HMAC-SHA256 of
 * `<t>.<body>`; `idempotency-key` is the message's id. Any 2xx is a delivery, any other answer says that
 * the message was not taken and may come again; redirects are refused and no answer's body is read. Throws NoticeConfigurationError for a host that is not allowed, and for
 * another host without TLS.
 */
export function webhookChannel(options: WebhookOptions): MessageChannel {
  const { url, allowedHosts, secret, sendMsMax } = options;
  const isLoopback = LOOPBACK.includes(url.hostname);
  if (!isLoopback && !allowedHosts.includes(url.hostname)) {
    throw new NoticeConfigurationError(`webhook: ${url.hostname} is not in allowed_hosts`);
  }
  if (!isLoopback && url.protocol !== 'https:') {
    throw new NoticeConfigurationError(`webhook: ${url.hostname} needs https`);
  }
  return {
    name: 'webhook',
    send: ({ content, ...message }) => {
      const body = JSON.stringify({ ...content, ...message });
      const aborted = new AbortController();
      const headers = {
        'content-type': 'application/json',
        'idempotency-key': message.id,
        'x-sentinel-signature': signature(secret, body),
      };
      const request = { method: 'POST', headers, body, signal: aborted.signal } as const;
      const post = async (): Promise<void> => {
        const size = Buffer.byteLength(body);
        if (size > BODY_BYTES_MAX) throw new NotTakenError(`the message has ${String(size)} bytes`);
        const answer = await fetch(url, { ...request, redirect: 'manual' }).catch(unanswered);
        await answer.body?.cancel();
        if (answer.ok) return;
        const said = `answered ${String(answer.status)}`;
        throw FROM_GATEWAYS.includes(answer.status) ? new Error(said) : new NotTakenError(said);
      };
      return sentWithin(sendMsMax, post, () => {
        aborted.abort();
      });
    },
  };
}

/** Throws what the lack of an answer means. */
function unanswered(error: unknown): never {
  const code = fieldOf(fieldOf(error, 'cause'), 'code');
  if (NOT_CONNECTED.includes(String(code)))
    throw new NotTakenError(reasonOf(error), { cause: error });
  throw error;
}

function signature(secret: string, body: string): string {
  const t = String(Math.floor(Date.now() / 1_000));
  return `t=${t},v1=${createHmac('sha256', secret).update(`${t}.${body}`).digest('hex')}`;
}
