import { TOPICS } from '#contracts/topics.ts';
import type { NoticeKind, NoticeRecord } from '#contracts/notices.ts';
import type { Telling } from './story.ts';

/** The demo tells customers over `log` and `file`; a story looks at what came over one of them. */
const CHANNEL = 'file';
const TOLD_TIMEOUT_MS = 60_000;

/** Prints the notice of a step as the customer reads it. */
export async function showNotice(
  { observer, narrator }: Telling,
  accountId: string,
  kind: NoticeKind,
): Promise<void> {
  const { record } = await observer.until(
    TOPICS.notices,
    accountId,
    (notice) => notice.kind === kind && isDelivered(notice),
    TOLD_TIMEOUT_MS,
  );
  narrator.say('the customer reads:');
  for (const line of record.body.trimEnd().split('\n')) narrator.note(`│ ${line}`);
}

/** Checks that the customer was told each of these steps once, in this order. */
export async function checkNotices(
  { observer, narrator }: Telling,
  accountId: string,
  kinds: readonly NoticeKind[],
): Promise<void> {
  await observer.until(
    TOPICS.notices,
    accountId,
    (notice) => notice.kind === kinds.at(-1) && isDelivered(notice),
    TOLD_TIMEOUT_MS,
  );
  const told = observer
    .of(TOPICS.notices, accountId)
    .map(({ record }) => record)
    .filter(isDelivered);
  narrator.say('the customer was told');
  for (const { timestamp, subject } of told) {
    narrator.note(`${new Date(timestamp).toISOString().slice(11, 19)} UTC  ${subject}`);
  }
  const seen = told.map(({ kind }) => kind);
  narrator.check('every step told once, in order', kinds.join(' '), seen.join(' '));
}

function isDelivered({ channel, state }: NoticeRecord): boolean {
  return channel === CHANNEL && state === 'DELIVERED';
}
