import express from 'express';
import type { Request, RequestHandler, Response } from 'express';
import { BODY_BYTES_MAX } from '#contracts/rest.ts';
import type { Problem } from './problem.ts';

const parseJson: RequestHandler = express.json({
  limit: BODY_BYTES_MAX,
  strict: false,
  inflate: false,
});

export type Content =
  | { readonly ok: true; readonly content: unknown }
  | { readonly ok: false; readonly problem: Problem };

/** The JSON body of a request, undefined when there is none. At most 256 KB, not compressed. */
export async function readBody(request: Request, response: Response): Promise<Content> {
  const { headers } = request;
  const hasBody =
    headers['transfer-encoding'] !== undefined || Number(headers['content-length']) > 0;
  if (!hasBody) return { ok: true, content: undefined };
  if (request.is('application/json') === false) {
    return unsupported('Send the body as Content-Type: application/json.');
  }
  const failure = await new Promise<unknown>((resolve) => {
    parseJson(request, response, resolve);
  });
  if (failure === undefined) return { ok: true, content: request.body };
  return problemOf(failure);
}

/** body-parser's errors by their `type`; what is none of them is a defect. */
function problemOf(failure: unknown): Content {
  const type = failure instanceof Error && 'type' in failure ? failure.type : undefined;
  switch (type) {
    case 'entity.too.large': {
      const detail = `The body is larger than ${String(BODY_BYTES_MAX)} bytes.`;
      return { ok: false, problem: { kind: 'too-large', detail } };
    }
    case 'entity.parse.failed':
      return malformed('The body is not JSON.');
    case 'request.aborted':
    case 'request.size.invalid':
      return malformed('The body did not arrive whole.');
    case 'encoding.unsupported':
      return unsupported('Send the body without Content-Encoding.');
    case 'charset.unsupported':
      return unsupported('Send the body as UTF-8.');
    default:
      throw failure instanceof Error ? failure : new Error(String(failure));
  }
}

function malformed(detail: string): Content {
  return { ok: false, problem: { kind: 'malformed-request', detail } };
}

function unsupported(detail: string): Content {
  return { ok: false, problem: { kind: 'unsupported-media-type', detail } };
}
