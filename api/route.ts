import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import type { FieldError } from '#contracts/rest.ts';
import type { Role } from '#contracts/roles.ts';
import type { Principal } from '#ports/identity.ts';
import { parameterErrors } from './field-errors.ts';
import { fieldProblem } from './problem.ts';
import type { Problem, ProblemKind } from './problem.ts';
import type { ApiServices } from './services.ts';

/** One line of the API's table: routing, authorisation and OpenAPI come from it alone. */
export interface Route extends RouteFacts {
  readonly parameters: z.ZodObject;
  readonly query: z.ZodObject;
  readonly body: BodyReader<unknown>;
  /** Parses the request, then does what the route is for. Expected refusals are values. */
  readonly serve: (request: RawRequest, services: ApiServices) => Promise<Reply | Problem>;
}

interface RouteFacts {
  readonly method: 'get' | 'post';
  /** With parameters as OpenAPI writes them: `/accounts/{account_id}`. */
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  /** null: open to all. */
  readonly role: Role | null;
  readonly answers: DocumentedReply;
  /** Refusals beside those that every such route has, for OpenAPI. */
  readonly problems?: readonly ProblemKind[];
}

/** What a route answers when all goes well. */
interface DocumentedReply {
  readonly status: number;
  readonly description: string;
  readonly contentType?: string;
  readonly schema?: z.ZodType;
}

/** How the body of a route is read. */
export interface BodyReader<Body> {
  readonly required: boolean;
  /** For OpenAPI; null: there is no body. */
  readonly schema: z.ZodType | null;
  /** Headers that the reader knows, for OpenAPI. */
  readonly headers?: z.ZodObject;
  /** `content` is the parsed JSON, undefined without a body. */
  read(content: unknown, request: RequestFacts): BodyRead<Body>;
}

export type BodyRead<Body> =
  { readonly ok: true; readonly body: Body } | { readonly ok: false; readonly problem: Problem };

/** What is known of a request beside its parameters and body. */
export interface RequestFacts {
  readonly correlationId: string;
  readonly idempotencyKey: string | null;
  /** When the request came, Unix ms. */
  readonly receivedAt: number;
  /** Who asks; ANONYMOUS on open routes. */
  readonly principal: Principal;
}

/** A request before its parameters and body are parsed. */
export interface RawRequest extends RequestFacts {
  readonly parameters: unknown;
  readonly query: unknown;
  readonly content: unknown;
}

export interface ApiRequest<Parameters, Query, Body> extends RequestFacts {
  readonly parameters: Parameters;
  readonly query: Query;
  readonly body: Body;
}

/** An answer: JSON, text of another type, or a stream. */
export type Reply = JsonReply | TextReply | StreamReply;

interface JsonReply {
  readonly status: number;
  readonly json: unknown;
}

/** An answer that goes on: `stream` writes headers and body itself. */
interface StreamReply {
  readonly status: number;
  readonly stream: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
}

interface TextReply {
  readonly status: number;
  readonly text: string;
  readonly contentType: string;
  /** In place of those that every answer has. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** For routes without parameters or query; unknown ones are refused by name. */
export const NO_FIELDS = z.strictObject({});

/** For routes without a body. */
export const NO_BODY: BodyReader<null> = {
  required: false,
  schema: null,
  read: () => ({ ok: true, body: null }),
};

interface TypedRoute<
  Parameters extends z.ZodObject,
  Query extends z.ZodObject,
  Body,
> extends RouteFacts {
  readonly parameters: Parameters;
  readonly query: Query;
  readonly body: BodyReader<Body>;
  readonly handle: (
    request: ApiRequest<z.infer<Parameters>, z.infer<Query>, Body>,
    services: ApiServices,
  ) => Promise<Reply | Problem>;
}

/** A line of the table; its handler is called only with what its schemas accept. */
export function route<Parameters extends z.ZodObject, Query extends z.ZodObject, Body>(
  definition: TypedRoute<Parameters, Query, Body>,
): Route {
  return {
    ...definition,
    serve: async (request, services) => {
      const parameters = definition.parameters.safeParse(request.parameters);
      if (!parameters.success) return wrongParameters(parameters.error, request.parameters);
      const empty = emptyParameters(request.query);
      if (empty.length > 0) return fieldProblem('invalid-parameters', empty);
      const query = definition.query.safeParse(request.query);
      if (!query.success) return wrongParameters(query.error, request.query);
      const content = definition.body.read(request.content, request);
      if (!content.ok) return content.problem;
      const parsed = { parameters: parameters.data, query: query.data, body: content.body };
      return definition.handle({ ...request, ...parsed }, services);
    },
  };
}

/** `?due_before=` says nothing: as a number it would be 0, which somebody else may have meant. */
function emptyParameters(query: unknown): FieldError[] {
  return Object.entries({ ...(query ?? {}) })
    .filter(([, value]) => typeof value === 'string' && value.trim() === '')
    .map(([parameter]) => ({ parameter, detail: 'must not be empty' }));
}

function wrongParameters(error: z.ZodError, input: unknown): Problem {
  return fieldProblem('invalid-parameters', parameterErrors(error, input));
}
