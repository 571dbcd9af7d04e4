import { z } from 'zod';

/** How late a slow link's bytes are. */
const SLOW_MS = 400;
const JITTER_MS = 200;
const ANSWER_MS_MAX = 5_000;

/** A link between a process and a server: a proxy of its own. */
export interface Link {
  /** `worker–kafka`. */
  readonly name: string;
  /** Where the process connects to. */
  readonly port: number;
  readonly upstreamPort: number;
}

const proxySchema = z.object({ name: z.string() });

/** A running Toxiproxy, by its control port. */
export class Links {
  readonly #url: string;

  constructor(controlPort: number) {
    this.#url = `http://127.0.0.1:${String(controlPort)}`;
  }

  async answers(): Promise<boolean> {
    try {
      return (await fetch(`${this.#url}/version`, { signal: AbortSignal.timeout(1_000) })).ok;
    } catch {
      // Not yet.
      return false;
    }
  }

  async add({ name, port, upstreamPort }: Link): Promise<void> {
    const made = await this.#ask('POST', '/proxies', {
      name,
      listen: `127.0.0.1:${String(port)}`,
      upstream: `127.0.0.1:${String(upstreamPort)}`,
      enabled: true,
    });
    proxySchema.parse(made);
  }

  /** Open connections end, new ones are refused. */
  async cut(name: string): Promise<void> {
    await this.#ask('POST', `/proxies/${encodeURIComponent(name)}`, { enabled: false });
  }

  /** What the server says comes late. */
  async slow(name: string): Promise<void> {
    await this.#ask('POST', `/proxies/${encodeURIComponent(name)}/toxics`, {
      name: 'slow',
      type: 'latency',
      stream: 'downstream',
      attributes: { latency: SLOW_MS, jitter: JITTER_MS },
    });
  }

  async mend(name: string): Promise<void> {
    const proxy = `/proxies/${encodeURIComponent(name)}`;
    await this.#ask('POST', proxy, { enabled: true });
    await this.#ask('DELETE', `${proxy}/toxics/slow`, undefined, [404]);
  }

  async #ask(
    method: string,
    path: string,
    body: unknown,
    alsoFine: readonly number[] = [],
  ): Promise<unknown> {
    const answer = await fetch(`${this.#url}${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
    });
    const text = await answer.text();
    if (!answer.ok && !alsoFine.includes(answer.status)) {
      throw new Error(`Toxiproxy: ${method} ${path} answered ${String(answer.status)}: ${text}`);
    }
    return text === '' ? undefined : JSON.parse(text);
  }
}
