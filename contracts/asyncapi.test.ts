import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { Ajv } from 'ajv';
import { z } from 'zod';
import { marginCalc } from '#test/account-records.ts';
import { asyncApiDocument } from './asyncapi.ts';
import { allTopics } from './topics.ts';

const documentSchema = z.looseObject({
  asyncapi: z.literal('3.0.0'),
  channels: z.record(
    z.string(),
    z.looseObject({
      address: z.string(),
      messages: z.record(z.string(), z.object({ $ref: z.string() })),
      bindings: z.object({
        kafka: z.looseObject({
          partitions: z.int(),
          topicConfiguration: z.record(z.string(), z.unknown()),
        }),
      }),
    }),
  ),
  components: z.object({
    messages: z.record(z.string(), z.looseObject({ payload: z.object({ $ref: z.string() }) })),
    schemas: z.record(z.string(), z.record(z.string(), z.unknown())),
  }),
});

const document = documentSchema.parse(asyncApiDocument(8));

/** The specification's own schema; its patterns and formats are not all ours to judge. */
function specification(): Record<string, unknown> {
  const file = new URL(import.meta.resolve('@asyncapi/specs/schemas/3.0.0-without-$id.json'));
  return z.record(z.string(), z.unknown()).parse(JSON.parse(readFileSync(file, 'utf8')));
}

function lastPart(reference: string): string {
  return reference.split('/').at(-1) ?? '';
}

describe('the AsyncAPI document', () => {
  test('is what the specification of AsyncAPI 3.0 asks for', () => {
    const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
    const validate = ajv.compile(specification());
    validate(asyncApiDocument(8));
    expect(validate.errors ?? []).toEqual([]);
  });

  test('would not be, were a channel without its address and a message without a name', () => {
    const ajv = new Ajv({ strict: false, validateFormats: false });
    const validate = ajv.compile(specification());
    const broken = { ...asyncApiDocument(8), channels: { fills: { address: 7 } } };
    expect(validate(broken)).toBe(false);
  });

  test('has every topic, dead-letter topics included, and only those', () => {
    const addresses = Object.values(document.channels).map(({ address }) => address);
    expect(addresses.sort()).toEqual(
      allTopics()
        .map(({ name }) => name)
        .sort(),
    );
  });

  test.each(allTopics())('tells how $name is kept and what is in it', (topic) => {
    const channel = Object.values(document.channels).find(({ address }) => address === topic.name);
    const { partitions, topicConfiguration } = channel?.bindings.kafka ?? {};
    expect(partitions).toBe(8);
    expect(topicConfiguration).toEqual(
      topic.cleanup === 'compact'
        ? { 'cleanup.policy': ['compact'] }
        : {
            'cleanup.policy': ['delete'],
            'retention.ms':
              topic.cleanup === 'keep' ? -1 : topic.cleanup.retentionDays * 86_400_000,
          },
    );
    const message = document.components.messages[lastPart(channel?.messages.record?.$ref ?? '')];
    const schema = document.components.schemas[lastPart(message?.payload.$ref ?? '')];
    expect(Object.keys(schema ?? {}).length).toBeGreaterThan(0);
  });

  test('refers only to what it has', () => {
    const text = JSON.stringify(document);
    const references = [...text.matchAll(/"\$ref":"#\/components\/(schemas|messages)\/(\w+)"/g)];
    expect(references.length).toBe([...text.matchAll(/"\$ref"/g)].length);
    for (const [, kind, name] of references) {
      const known = kind === 'schemas' ? document.components.schemas : document.components.messages;
      expect(Object.keys(known)).toContain(name);
    }
  });

  test('has schemas that take a real record and refuse a wrong one', () => {
    const ajv = new Ajv({ strict: false, validateFormats: false });
    ajv.addSchema({ $id: 'https://example.test/document', components: document.components });
    const validate = ajv.compile({
      $ref: 'https://example.test/document#/components/schemas/MarginCalc',
    });
    const record = marginCalc({ cash: 50_000, equity: 250_000, credited_total: 1 });
    expect(validate(record)).toBe(true);
    expect(validate({ ...record, status: 'FINE' })).toBe(false);
    expect(validate({ ...record, surprise: 1 })).toBe(false);
  });
});
