import { z } from 'zod';
import { allTopics } from './topics.ts';
import type { Topic, TopicKey } from './topics.ts';
import { ID_PATTERN } from './wire.ts';

/** A JSON object of the document. */
type Json = Record<string, unknown>;

const MS_PER_DAY = 86_400_000;
/** Kafka's retention.ms for ever. */
const KEPT_FOR_EVER = -1;

/** What a record's key is, in words and as a pattern. */
const KEYS: Readonly<Record<TopicKey, { readonly description: string; readonly pattern: string }>> =
  {
    account_id: {
      description: 'account_id: topics with this key are co-partitioned',
      pattern: ID_PATTERN.source,
    },
    symbol: { description: 'the symbol', pattern: ID_PATTERN.source },
    partition: { description: 'the number of the partition', pattern: '^[0-9]+$' },
    subject: {
      description: "what the record is about: an account_id, or the firm's scope",
      pattern: '^.+$',
    },
    scope: {
      description: 'GLOBAL, ACCOUNT:x, SYMBOL:x, STRATEGY:x, or LIQUIDATIONS',
      pattern: '^[A-Z]+(:.+)?$',
    },
    origin: {
      description: 'topic:partition:offset of the refused record',
      pattern: '^[A-Za-z0-9_.-]+:[0-9]+:[0-9]+$',
    },
    process: { description: 'one run of one process', pattern: ID_PATTERN.source },
  };

/**
 * The AsyncAPI 3.0 document of every topic: address, key, partitions, cleanup policy and schema.
 * `partitions` is how many each topic is created with; the environment's prefix goes before an
 * address.
 */
export function asyncApiDocument(partitions: number): Json {
  const schemas: Json = {};
  const messages: Json = {};
  const channels: Json = {};
  for (const topic of allTopics()) {
    const name = componentName(topic.name);
    messages[name] = message(topic, payloadOf(topic, name, schemas));
    channels[name] = channel(topic, name, partitions);
  }
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Margin Sentinel',
      version: '1',
      description:
        'Every Kafka topic. Dollars and shares are numbers with at most four decimals, instants are ' +
        'integer Unix milliseconds, except in audit.v1, which has ISO 8601. Names are without the ' +
        "environment's prefix.",
    },
    defaultContentType: 'application/json',
    channels,
    components: { messages, schemas },
  };
}

function channel(topic: Topic, name: string, partitions: number): Json {
  const topicConfiguration =
    topic.cleanup === 'compact'
      ? { 'cleanup.policy': ['compact'] }
      : {
          'cleanup.policy': ['delete'],
          'retention.ms':
            topic.cleanup === 'keep' ? KEPT_FOR_EVER : topic.cleanup.retentionDays * MS_PER_DAY,
        };
  return {
    address: topic.name,
    title: topic.name,
    description: `${topic.purpose}. ${cleanupText(topic)}`,
    messages: { record: { $ref: `#/components/messages/${name}` } },
    bindings: { kafka: { topic: topic.name, partitions, topicConfiguration } },
  };
}

function cleanupText({ cleanup, deadLetters, name }: Topic): string {
  const kept = keptText(cleanup);
  return deadLetters ? `${kept} A record that cannot be read goes to ${name}.dlq.` : kept;
}

function keptText(cleanup: Topic['cleanup']): string {
  if (cleanup === 'compact') return 'The last record of each key is kept.';
  if (cleanup === 'keep') return 'Every record is kept.';
  return `Records are kept for ${String(cleanup.retentionDays)} days.`;
}

function message(topic: Topic, payload: Json): Json {
  const { description, pattern } = KEYS[topic.key];
  return {
    name: topic.name,
    title: topic.name,
    summary: topic.purpose,
    contentType: 'application/json',
    bindings: { kafka: { key: { type: 'string', description, pattern } } },
    payload,
  };
}

/**
 * The topic's schema as JSON Schema draft 7. Named parts move to the document's components, so that a
 * reference means the same thing everywhere.
 */
function payloadOf(topic: Topic, name: string, schemas: Json): Json {
  const whole = z.toJSONSchema(topic.schema, { target: 'draft-7', io: 'input' });
  const { $schema: _dialect, definitions, ...own } = whole;
  for (const [part, definition] of Object.entries(definitions ?? {}))
    schemas[part] = moved(definition);
  if ('$ref' in own && Object.keys(own).length === 1) return { $ref: movedReference(own.$ref) };
  schemas[name] = moved(own);
  return { $ref: `#/components/schemas/${name}` };
}

function moved(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(moved);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]: [string, unknown]) => [
      key,
      key === '$ref' ? movedReference(inner) : moved(inner),
    ]),
  );
}

function movedReference(reference: unknown): string {
  return String(reference).replace('#/definitions/', '#/components/schemas/');
}

/** Component names of AsyncAPI take dots, but tools that make code from them do not. */
function componentName(topicName: string): string {
  return topicName.replaceAll('.', '_').replaceAll('-', '_');
}
