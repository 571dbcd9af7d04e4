import os from 'node:os';
import type { z } from 'zod';
import { problemSchema } from '#contracts/rest.ts';
import type { Role } from '#contracts/roles.ts';
import { ID_PATTERN } from '#contracts/wire.ts';
import { KeyFileError, readPrivateKey } from '#platform/identity/keys.ts';
import { mintToken } from '#platform/identity/mint-token.ts';
import type { ApiPlace } from './api-place.ts';
import { Failure } from './failure.ts';
import { LOOK, problemFailure } from './problem-failure.ts';
import type { FieldWords } from './problem-failure.ts';

/** A command's token is good for as long as the command may take. */
const TOKEN_MS = 300_000;
const ANSWER_MS_MAX = 15_000;

/** Asks the API in the name of the person at this terminal. */
export interface ApiClient {
  get<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.infer<Schema>>;
  post<Schema extends z.ZodType>(
    path: string,
    body: unknown,
    schema: Schema,
    how?: PostOptions,
  ): Promise<z.infer<Schema>>;
}

export interface PostOptions {
  readonly idempotencyKey?: string;
  /** By field of the body: the option that a person types for it. */
  readonly words?: FieldWords;
  /** Where a person looks at what the command is about, when that is no case. */
  readonly see?: string;
}

/** A client with just the role that the command needs. Throws Failure when no token can be had. */
export async function connectApi(place: ApiPlace, role: Role): Promise<ApiClient> {
  const token = place.token ?? (await ownToken(place, userName(), [role], TOKEN_MS));
  const ask = async <Schema extends z.ZodType>(
    method: string,
    path: string,
    body: unknown,
    schema: Schema,
    { idempotencyKey, words, see }: PostOptions = {},
  ): Promise<z.infer<Schema>> => {
    const response = await send(place.url, method, path, token, body, idempotencyKey);
    const content = await readJson(response);
    if (response.ok) return schema.parse(content);
    const problem = problemSchema.safeParse(content);
    if (problem.success) throw problemFailure(problem.data, words, see);
    throw new Failure(`The API answers ${String(response.status)}.`, LOOK);
  };
  return {
    get: (path, schema) => ask('GET', path, undefined, schema),
    post: (path, body, schema, how) => ask('POST', path, body, schema, how),
  };
}

/** A token made with the development key, good for `lifetimeMs`. Throws Failure without a key. */
export async function ownToken(
  place: ApiPlace,
  subject: string,
  roles: readonly Role[],
  lifetimeMs: number,
): Promise<string> {
  if (place.privateKeyFile === undefined) {
    throw new Failure(
      `There is no key to make a token for ${place.url}.`,
      'Set SENTINEL_TOKEN, or SENTINEL_JWT_PRIVATE_KEY_FILE to a development key.',
    );
  }
  try {
    const key = await readPrivateKey(place.privateKeyFile);
    return await mintToken({ subject, roles }, key, Date.now(), lifetimeMs);
  } catch (error) {
    if (error instanceof KeyFileError) throw new Failure(error.message);
    throw error;
  }
}

/** Who sits at this terminal, as far as the system knows. */
export function userName(): string {
  const { username } = os.userInfo();
  return ID_PATTERN.test(username) ? username : 'developer';
}

async function send(
  url: string,
  method: string,
  path: string,
  token: string,
  body: unknown,
  idempotencyKey: string | undefined,
): Promise<Response> {
  try {
    return await fetch(new URL(path, url), {
      method,
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch (error) {
    const late = error instanceof Error && error.name === 'TimeoutError';
    const what = late
      ? `has not answered within ${String(ANSWER_MS_MAX / 1000)} s`
      : 'is not there';
    const again = idempotencyKey === undefined ? '' : ` To ask again: --key ${idempotencyKey}`;
    throw new Failure(`The API at ${url} ${what}.${again}`, LOOK);
  }
}

async function readJson(response: Response): Promise<unknown> {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    throw new Failure(`${response.url} is not the API of Margin Sentinel.`);
  }
}
