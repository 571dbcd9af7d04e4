import { ACCOUNT_ROUTES } from './account-routes.ts';
import { ADJUSTMENT_ROUTES } from './adjustment-routes.ts';
import { ALERT_ROUTES } from './alert-routes.ts';
import { CASE_LIST_ROUTES } from './case-list-routes.ts';
import { CONTROL_LIST_ROUTES } from './control-list-routes.ts';
import { docsRoutes } from './docs-routes.ts';
import { EVENT_ROUTES } from './events/event-routes.ts';
import { FIRM_ROUTES } from './firm-routes.ts';
import { HISTORY_ROUTES } from './history-routes.ts';
import { COMMAND_ROUTES } from './command-routes.ts';
import { INSTRUMENT_ROUTES } from './instrument-routes.ts';
import { INGEST_ROUTES } from './ingest-routes.ts';
import { KILL_ROUTES } from './kill-routes.ts';
import { openApiDocument } from './openapi.ts';
import { openRoutes } from './open-routes.ts';
import type { Route } from './route.ts';
import { UNKILL_ROUTES } from './unkill-routes.ts';

let document: unknown;

/** The whole API. */
export const ROUTES: readonly Route[] = [
  ...INGEST_ROUTES,
  ...ACCOUNT_ROUTES,
  ...ADJUSTMENT_ROUTES,
  ...INSTRUMENT_ROUTES,
  ...HISTORY_ROUTES,
  ...CASE_LIST_ROUTES,
  ...ALERT_ROUTES,
  ...EVENT_ROUTES,
  ...docsRoutes(),
  ...COMMAND_ROUTES,
  ...FIRM_ROUTES,
  ...KILL_ROUTES,
  ...UNKILL_ROUTES,
  ...CONTROL_LIST_ROUTES,
  ...openRoutes(() => (document ??= openApiDocument(ROUTES))),
];
