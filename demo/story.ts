import { caseSnapshotSchema } from '#contracts/case-events.ts';
import { TOPICS } from '#contracts/topics.ts';
import type { KafkaSurroundings } from '#platform/kafka/client.ts';
import type { ApiOfPeople } from './brake-desk.ts';
import type { Narrator } from './expectations.ts';
import type { Feed } from './feed.ts';
import type { Observer } from './observer.ts';

/** What a story is told with. */
export interface Telling {
  readonly feed: Feed;
  readonly observer: Observer;
  readonly narrator: Narrator;
  /** How people of the broker come to the API. */
  readonly people: ApiOfPeople;
  /** For a story that reads topics of its own. */
  readonly kafka: KafkaSurroundings;
  /** Where the Temporal Web UI shows a run of a workflow; null without a Web UI. */
  readonly caseUrl: (workflowId: string, runId: string) => string | null;
}

export interface Story {
  readonly title: string;
  readonly tell: (telling: Telling) => Promise<void>;
}

const AUDIT_TIMEOUT_MS = 60_000;

/**
 * Tells where the Temporal Web UI shows the run of an account's case that issued its call. A case at
 * rest continues as new, so the workflow's latest run may have nothing to show.
 */
export async function tellCase(telling: Telling, accountId: string): Promise<void> {
  const { observer, narrator, caseUrl } = telling;
  const { record } = await observer.until(
    TOPICS.audit,
    accountId,
    ({ event_type: type }) => type === 'MARGIN_CALL',
    AUDIT_TIMEOUT_MS,
  );
  const snapshot = caseSnapshotSchema.parse(record.details.case);
  const url = caseUrl(snapshot.workflow_id, snapshot.run_id);
  if (url !== null) narrator.note(`its case: ${url}`);
}
