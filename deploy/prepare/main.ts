/**
 * What a deployment runs once before the processes, and again after each new version: makes the topics
 * and search attributes that are missing on the servers that the environment names. With
 * `--development-keys <folder>` it also makes a key pair for tokens, if there is none: in production
 * the keys come from the broker's own identity provider.
 *
 *   node deploy/prepare/main.ts [--development-keys /keys]
 */
import { parseArgs } from 'node:util';
import { readEnvironment } from '#platform/environment.ts';
import { createTopics } from '#platform/kafka/topics.ts';
import { developmentKeys } from '#stack/development-keys.ts';
import { ensureSearchAttributes } from '#stack/temporal-server.ts';

const { values } = parseArgs({ options: { 'development-keys': { type: 'string' } } });
const environment = readEnvironment();
const { kafkaBrokers, topicPrefix, partitions, temporalAddress, temporalNamespace } = environment;

await createTopics({ brokers: [...kafkaBrokers], topicPrefix, partitions });
console.log('the topics are there');
await ensureSearchAttributes(temporalAddress, temporalNamespace);
console.log('the search attributes are there');
const folder = values['development-keys'];
if (folder !== undefined) {
  const [jwt, command] = [
    await developmentKeys(folder, 'jwt'),
    await developmentKeys(folder, 'command'),
  ];
  console.log(`tokens are checked with ${jwt.publicKeyFile}`);
  console.log(`commands are checked with ${command.publicKeyFile}`);
}
