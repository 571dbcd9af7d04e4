import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '#platform/clock.ts';
import { createAccountHistoryWriter } from '#platform/dynamodb/account-history.ts';
import { createAccountIndexWriter } from '#platform/dynamodb/account-index-writer.ts';
import { createDynamoDb } from '#platform/dynamodb/client.ts';
import { ensureRiskStateTable, riskStateTable } from '#platform/dynamodb/risk-state-table.ts';
import { createConsumerGroup } from '#platform/kafka/consumer-group.ts';
import { createProcessKafka } from '#platform/kafka/process-kafka.ts';
import { runProcess } from '#platform/process.ts';
import { firstNotReady } from '#platform/readiness.ts';
import { STATE_INDEX_TOPICS, StateIndex } from './state-index.ts';

const PARTITIONS_CONCURRENT_MAX = 4;
/** How often deferred figures are looked through. */
const DUE_INTERVAL_MS = 1_000;
/** At a stop, writes under way and the last commit have this long; what is left comes again. */
const DRAIN_MS_MAX = 3_000;

runProcess({
  name: 'state-index',
  start: async (context) => {
    const { name, environment, logger, metrics, fail } = context;
    const { topicPrefix } = environment;
    const client = createDynamoDb({
      endpoint: environment.dynamodbEndpoint,
      region: environment.awsRegion,
    });
    const table = riskStateTable(topicPrefix);
    const whichTable = await ensureRiskStateTable(client, table);
    const writer = createAccountIndexWriter(client, table);
    const history = createAccountHistoryWriter(client, table);
    const index = new StateIndex({ writer, history, metrics, logger, clock: systemClock });
    const { watched, watch } = createProcessKafka(context);
    const group = createConsumerGroup(watched, {
      groupId: name,
      feeds: whichTable,
      partitionsConcurrentMax: PARTITIONS_CONCURRENT_MAX,
      onFatal: fail,
    });
    await group.run(
      STATE_INDEX_TOPICS,
      (records) => index.handle(records),
      (topic, partition) => index.heldBackAt(topic, partition),
    );
    const writeDue = setInterval(() => {
      index.writeDue(systemClock.now()).catch(fail);
    }, DUE_INTERVAL_MS);
    return {
      ready: () => Promise.resolve(firstNotReady(watch.ready(), index.ready())),
      stop: async () => {
        clearInterval(writeDue);
        await Promise.race([Promise.all([group.stop(), watch.stop()]), sleep(DRAIN_MS_MAX)]);
        client.destroy();
      },
    };
  },
});
