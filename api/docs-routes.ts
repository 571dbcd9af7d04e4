import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { asyncApiDocument } from '#contracts/asyncapi.ts';
import { KeptReads } from './kept-reads.ts';
import { NO_BODY, NO_FIELDS, route } from './route.ts';
import type { Route } from './route.ts';

/** A page for people: Swagger UI over /openapi.json. Every byte comes from this server. */

/** Swagger UI takes its styles and scripts from files; nothing inline, nothing from elsewhere. */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Margin Sentinel API</title>
    <link rel="icon" href="data:," />
    <link rel="stylesheet" href="/docs/swagger-ui.css" />
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`;

/** No validator badge: it would be a picture from another server. */
const START = `window.ui = SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  validatorUrl: null,
  displayRequestDuration: true,
  persistAuthorization: false,
});
`;

const FILES = {
  'swagger-ui.css': { contentType: 'text/css; charset=utf-8' },
  'swagger-ui-bundle.js': { contentType: 'text/javascript; charset=utf-8' },
  'start.js': { contentType: 'text/javascript; charset=utf-8' },
} as const;
type FileName = keyof typeof FILES;

/** They change with the release only. */
const FILES_KEPT = 'public, max-age=3600';

/** The docs page with its files, and the AsyncAPI document. All open: they tell nothing of accounts. */
export function docsRoutes(): readonly Route[] {
  return [
    route({
      ...get('/docs', 'getDocs', 'This API as a page to read and try'),
      parameters: NO_FIELDS,
      answers: { status: 200, description: 'HTML', contentType: 'text/html', schema: z.string() },
      handle: () =>
        Promise.resolve({
          status: 200,
          text: PAGE,
          contentType: 'text/html; charset=utf-8',
          headers: { 'content-security-policy': PAGE_POLICY },
        }),
    }),
    route({
      ...get('/docs/{file}', 'getDocsFile', 'A file of that page'),
      parameters: z.strictObject({ file: z.enum(Object.keys(FILES) as FileName[]) }),
      answers: { status: 200, description: 'The file', contentType: 'text/*', schema: z.string() },
      handle: async ({ parameters: { file } }) => ({
        status: 200,
        text: await contentOf(file),
        contentType: FILES[file].contentType,
        headers: { 'cache-control': FILES_KEPT },
      }),
    }),
    route({
      ...get('/asyncapi.json', 'getAsyncApi', 'Every Kafka topic, its key and its schema'),
      parameters: NO_FIELDS,
      answers: { status: 200, description: 'AsyncAPI 3.0', schema: z.looseObject({}) },
      handle: (_request, { partitions }) =>
        Promise.resolve({ status: 200, json: asyncApiDocument(partitions) }),
    }),
  ];
}

const contents = new KeptReads((file: Exclude<FileName, 'start.js'>) =>
  readFile(fileURLToPath(import.meta.resolve(`swagger-ui-dist/${file}`)), 'utf8'),
);

function contentOf(file: FileName): Promise<string> {
  return file === 'start.js' ? Promise.resolve(START) : contents.of(file);
}

function get(path: string, operationId: string, summary: string) {
  return {
    method: 'get',
    path,
    operationId,
    summary,
    role: null,
    query: NO_FIELDS,
    body: NO_BODY,
  } as const;
}
