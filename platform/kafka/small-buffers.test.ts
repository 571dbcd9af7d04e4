import { createRequire } from 'node:module';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { keepBuffersSmall } from './small-buffers.ts';

interface Encoder {
  readonly buffer: Buffer;
  writeVarIntBytes(value: Buffer): Encoder;
  writeInt64(value: number): Encoder;
  writeString(value: string): Encoder;
  writeEncoder(value: Encoder): Encoder;
}

const EncoderClass = createRequire(import.meta.url)(
  'kafkajs/src/protocol/encoder.js',
) as new () => Encoder;

/** What kafkajs would write for a record and what is around it. */
function written(parts: readonly Uint8Array[], texts: readonly string[]): Buffer {
  const encoder = new EncoderClass();
  for (const part of parts)
    encoder.writeEncoder(new EncoderClass().writeVarIntBytes(Buffer.from(part)));
  for (const [at, text] of texts.entries()) encoder.writeInt64(at).writeString(text);
  return Buffer.from(encoder.buffer);
}

test('what kafkajs writes is the same, byte for byte, and nothing that the pool held before', () => {
  const parts = fc.array(fc.uint8Array({ maxLength: 5_000 }), { maxLength: 8 });
  const texts = fc.array(fc.string({ unit: 'binary', maxLength: 600 }), { maxLength: 8 });
  const everySize = Array.from({ length: 1_100 }, (_, size): [Uint8Array[], string[]] => [
    [new Uint8Array(size).fill(size)],
    [],
  ]);
  const given = [...everySize, ...fc.sample(fc.tuple(parts, texts), { numRuns: 200, seed: 5 })];
  const before = given.map(([some, others]) => written(some, others));
  keepBuffersSmall();
  keepBuffersSmall();
  Buffer.allocUnsafe(4_000).fill('secret');
  const after = given.map(([some, others]) => written(some, others));
  expect(after.map((bytes) => bytes.toString('hex'))).toEqual(
    before.map((bytes) => bytes.toString('hex')),
  );
  expect(new EncoderClass().buffer).toHaveLength(0);
});
