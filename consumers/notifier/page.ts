import { bySeverity } from '#contracts/alerts.ts';
import type { AlertRecord } from '#contracts/alerts.ts';
import { plainLine } from '#domain/notices.ts';
import type { Message } from '#ports/message-channel.ts';

/** A storm of alerts is one page: it names so many, the most severe first, and counts the others. */
const NAMED_MAX = 20;
const SUBJECT_CHARACTERS_MAX = 150;
const LINE_CHARACTERS_MAX = 600;

/** One page for all alerts that are due. */
export function pageOf(alerts: readonly AlertRecord[], pageId: string): Message {
  const ordered = [...alerts].sort(bySeverity);
  const named = ordered.slice(0, NAMED_MAX);
  const first = named[0];
  const others = alerts.length - 1;
  const more = others > 0 ? ` and ${String(others)} more` : '';
  const rest = alerts.length - named.length;
  return {
    id: pageId,
    accountId: null,
    subject: plainLine(
      `${first?.severity ?? ''} ${first?.code ?? ''} ${first?.subject ?? ''}${more}`,
      SUBJECT_CHARACTERS_MAX,
    ),
    body: [
      ...named.map(line),
      ...(rest > 0 ? [`… and ${String(rest)} more: sentinel alerts`] : []),
      '',
      'Paged again until acknowledged: sentinel alerts ack <id>',
      '',
    ].join('\n'),
    content: {
      alerts: named.map(({ alert_id, severity, code, subject, what, since, count }) => ({
        alert_id,
        severity,
        code,
        subject,
        what: plainLine(what, LINE_CHARACTERS_MAX),
        since,
        count,
      })),
      others: rest,
    },
  };
}

function line({ severity, code, subject, what, since, count, alert_id }: AlertRecord): string {
  const times = count > 1 ? ` (${String(count)} times)` : '';
  return plainLine(
    `${severity} ${code} ${subject} since ${new Date(since).toISOString()}${times}: ${what} [${alert_id}]`,
    LINE_CHARACTERS_MAX,
  );
}
