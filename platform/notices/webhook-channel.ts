import { createHmac } from 'node:crypto';
import type { MessageChannel } from '#ports/message-channel.ts';
import { NoticeConfigurationError } from './notice-configuration.ts';
import { sentWithin } from './sent-within.ts';

const LOOPBACK = ['127.0.0.1', '[::1]', 'localhost'];

/** No message is this long; a larger one is a defect and is not sent. */
const BODY_BYTES_MAX = 64 * 1024;

export interface WebhookOptions {
  readonly url: URL;
  /** Beside the machine itself. */
  readonly allowedHosts: readonly string[];
  readonly secret: string;
  readonly sendMsMax: number;
}

/**
 * POSTs each message as JSON. `x-sentinel-signature: t=<Unix s>,v1=<hex>` is the HMAC-SHA256 of
 * `<t>.<body>`; `idempotency-key` is the message's id. Any 2xx is a delivery; redirects are refused and
 * no answer's body is read. Throws NoticeConfigurationError for a host that is not allowed, and for
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
        if (size > BODY_BYTES_MAX) throw new Error(`the message has ${String(size)} bytes`);
        const answer = await fetch(url, { ...request, redirect: 'manual' });
        await answer.body?.cancel();
        if (!answer.ok) throw new Error(`answered ${String(answer.status)}`);
      };
      return sentWithin(sendMsMax, post, () => {
        aborted.abort();
      });
    },
  };
}

function signature(secret: string, body: string): string {
  const t = String(Math.floor(Date.now() / 1_000));
  return `t=${t},v1=${createHmac('sha256', secret).update(`${t}.${body}`).digest('hex')}`;
}
