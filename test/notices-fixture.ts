import { randomUUID } from 'node:crypto';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createCaseActivities } from '#activities/account-case.ts';
import { alertSchema } from '#contracts/alerts.ts';
import type { AlertRecord } from '#contracts/alerts.ts';
import type { StepsRequest } from '#contracts/case-activities.ts';
import { noticeConfigurationSchema } from '#contracts/notice-configuration.ts';
import type { NoticeConfiguration } from '#contracts/notice-configuration.ts';
import { noticeSchema } from '#contracts/notices.ts';
import type { NoticeRecord } from '#contracts/notices.ts';
import { TOPICS } from '#contracts/topics.ts';
import { summaryOf } from '#domain/case-summary.ts';
import type { CaseAction } from '#domain/ladder-actions.ts';
import { systemClock } from '#platform/clock.ts';
import { createNoticeLog } from '#platform/kafka/notice-log.ts';
import { createMessageChannels } from '#platform/notices/message-channels.ts';
import { testLogger } from './kafka-fixture.ts';
import type { KafkaFixture } from './kafka-fixture.ts';
import { LadderWalk, WALK_POLICY } from './ladder-walk.ts';

/** Notices on the real Kafka: what a case's activity does, and what the topics say of it. */

/** The longest that a configuration may say. */
export const SEND_MS_MAX = 4_000;
const PATIENT_MS = 50_000;

export const WEBHOOK_SECRET = 'a secret of sixteen characters';

/**
 * Records an action of a case as the worker does, over the channels that `configuration` describes;
 * `isRepeated` when a worker before it may have done so.
 */
export async function perform(
  kafka: KafkaFixture,
  configuration: object,
  { accountId, caseId, walk, action }: ActionOfCase,
  isRepeated = false,
): Promise<number> {
  const channels = createMessageChannels(
    patient(noticeConfigurationSchema.parse(configuration)),
    { webhookSecret: WEBHOOK_SECRET, smtpPassword: undefined },
    testLogger,
  );
  const { issueMarginCall } = createCaseActivities({
    publisher: kafka,
    figures: { read: () => Promise.reject(new Error('nothing is read here')) },
    firm: {
      holds: () => Promise.reject(new Error('nothing is held here')),
      askToStart: () => Promise.reject(new Error('nothing starts here')),
    },
    commands: { check: () => Promise.reject(new Error('nobody commands here')) },
    holdings: {
      of: () => {
        const { version, asOf } = walk.figures();
        return { version, asOf, cashE4: walk.cashE4, positions: walk.positions };
      },
    },
    channels,
    noticeLog: createNoticeLog(kafka.surroundings, kafka.partitions),
    attempt: () => ({ isRepeated, scheduledAt: null }),
    policy: WALK_POLICY,
    clock: systemClock,
    logger: testLogger,
  });
  const request: StepsRequest = {
    accountId,
    caseId,
    caseStartedAt: 1,
    workflowId: `account-case:${accountId}`,
    runId: caseId,
    leadingUp: [],
    action: { ...action, decidedAt: Date.now() },
    summary: summaryOf(walk.state),
  };
  return (await issueMarginCall(request)).ackAt;
}

/**
 * The receivers are in this process, which may stand still for seconds: only who is meant to give up
 * (below the schema's longest time) does.
 */
function patient(configuration: NoticeConfiguration): NoticeConfiguration {
  const { send_ms_max: sendMsMax } = configuration;
  return { ...configuration, send_ms_max: sendMsMax < SEND_MS_MAX ? sendMsMax : PATIENT_MS };
}

export interface ActionOfCase {
  readonly accountId: string;
  readonly caseId: string;
  readonly walk: LadderWalk;
  readonly action: CaseAction;
}

/** The action of this type of a case that falls deep enough for it. */
export function actionOf(accountId: string, type: CaseAction['type']): ActionOfCase {
  const walk = new LadderWalk();
  walk.price(390);
  if (!walk.story.includes(type)) walk.wait(60_000);
  const taken = walk.taken.find(({ action }) => action.type === type);
  if (taken === undefined) throw new Error(`the walk has no ${type}: ${walk.story.join()}`);
  return { accountId, caseId: randomUUID(), walk, action: taken.action };
}

/** All attempts of an account, in the order in which they were written. */
export async function noticesOf(kafka: KafkaFixture, accountId: string): Promise<NoticeRecord[]> {
  const records = await kafka.readAll(TOPICS.notices.name);
  return records
    .filter(({ key }) => key === accountId)
    .map(({ value }) => noticeSchema.parse(JSON.parse(Buffer.from(value ?? []).toString('utf8'))));
}

export async function alertsOf(kafka: KafkaFixture, subject: string): Promise<AlertRecord[]> {
  const records = await kafka.readAll(TOPICS.alerts.name);
  return records
    .filter(({ key }) => key === subject)
    .map(({ value }) => alertSchema.parse(JSON.parse(Buffer.from(value ?? []).toString('utf8'))));
}

/** Such as `smtp 1 case ATTEMPTED`. */
export function attemptsText(records: readonly NoticeRecord[]): string[] {
  return records.map(
    ({ channel, attempt, by, state }) => `${channel} ${String(attempt)} ${by} ${state}`,
  );
}

/** A configuration as the file that SENTINEL_NOTICE_CONFIG names. */
export async function configurationFile(configuration: object): Promise<string> {
  const file = path.join(await mkdtemp(path.join(tmpdir(), 'notices-')), 'notices.json');
  await writeFile(file, JSON.stringify(configuration));
  return file;
}
