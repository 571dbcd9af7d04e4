import { caseLink } from '#contracts/case-link.ts';
import { TOPICS } from '#contracts/topics.ts';
import type { KafkaSurroundings } from '#platform/kafka/client.ts';
import { createLogReader } from '#platform/kafka/log-reader.ts';
import { createLogger } from '#platform/logging.ts';
import type { ApiOfPeople } from './brake-desk.ts';
import type { Narrator } from './expectations.ts';
import { Feed } from './feed.ts';
import { Observer } from './observer.ts';
import { BOOK_PREFIX } from './market-2020/book.ts';
import type { MarketResult } from './market-2020/result.ts';
import { curedByDeposit } from './stories/cured-by-deposit.ts';
import { leveragedAccount } from './stories/leveraged-account.ts';
import { market2020 } from './stories/market-2020.ts';
import { referenceWalk } from './stories/reference-walk.ts';
import { runawayAccount } from './stories/runaway-account.ts';
import type { Story, Telling } from './story.ts';

/** The stories, in the order in which they are told; the last one gives away what became of its book. */
function stories(keepMarket: (result: MarketResult) => void): readonly Story[] {
  return [referenceWalk, leveragedAccount, curedByDeposit, runawayAccount, market2020(keepMarket)];
}

const NOT_OF_THE_BOOK: ReadonlySet<string> = new Set([TOPICS.stress.name, TOPICS.notices.name]);

/** A running product to play on. */
export interface Stage {
  readonly apiUrl: string;
  /** A token with role `feed`. */
  readonly feedToken: string;
  /** Tokens of people. */
  readonly tokenOf: ApiOfPeople['tokenOf'];
  readonly kafkaBrokers: readonly string[];
  readonly topicPrefix: string;
  /** Without a Web UI no links are shown. */
  readonly temporalUiUrl: string | undefined;
  readonly temporalNamespace: string;
}

/**
 * Plays every story on a running product whose topics are empty. What was promised and seen is in the
 * narrator; a story whose next step does not come is told as broken, and the others are still played.
 */
export async function play(
  stage: Stage,
  narrator: Narrator,
  interrupted: () => boolean,
  keepMarket: (result: MarketResult) => void,
): Promise<void> {
  const feed = new Feed(stage.apiUrl, stage.feedToken, `demo-${String(Date.now())}`);
  const kafka: KafkaSurroundings = {
    brokers: stage.kafkaBrokers,
    topicPrefix: stage.topicPrefix,
    clientId: 'demo',
    logger: createLogger('demo', 'error'),
  };
  const observer = new Observer(
    createLogReader(kafka, {
      onFatal: (error) => {
        throw error;
      },
    }),
    // Nobody asks for the stress and the notices of two hundred accounts: they would be most of what is kept.
    (topic, key) => !NOT_OF_THE_BOOK.has(topic) || key?.startsWith(BOOK_PREFIX) !== true,
  );
  await observer.start();
  feed.start();
  try {
    for (const story of stories(keepMarket)) {
      if (interrupted()) return;
      narrator.title(story.title);
      try {
        await story.tell({
          feed,
          observer,
          narrator,
          people: stage,
          kafka,
          caseUrl: caseUrls(stage),
        });
      } catch (error) {
        if (interrupted()) return;
        const reason = error instanceof Error ? error.message : String(error);
        narrator.check('the story goes on', 'to its end', reason);
      }
    }
  } finally {
    feed.stop();
    await observer.stop();
  }
}

function caseUrls(stage: Stage): Telling['caseUrl'] {
  const { temporalUiUrl, temporalNamespace } = stage;
  return (workflowId, runId) =>
    temporalUiUrl === undefined
      ? null
      : caseLink(temporalUiUrl, temporalNamespace, workflowId, runId);
}
