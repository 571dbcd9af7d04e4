import { createRequire } from 'node:module';

/** What there is of the class with which kafkajs writes requests, and each record in them. */
interface EncoderClass {
  nextPowerOfTwo: (value: number) => number;
  readonly prototype: Encoder;
}

interface Encoder {
  buf: Buffer;
  offset: number;
  ensureAvailable: (this: Encoder, length: number) => void;
}

/** What kafkajs asks `nextPowerOfTwo` for when an encoder begins, and at no other time. */
const KAFKAJS_INITIAL_BYTES = 511;
/** Room for what most requests hold beside records. */
const GROWN_BYTES_MIN = 256;

/**
 * kafkajs begins to write each record, and each part of a request, in 512 zeroed bytes of their own
 * outside of the heap, and goes on in as many more when they are full: a writer of small sends spends
 * half of its time on them. From now on an encoder begins with nothing and grows into Node's pool. What
 * the pool held before never gets out: an encoder shows only what was written into it.
 */
export function keepBuffersSmall(): void {
  const encoder = encoderClass();
  if (patched.has(encoder)) return;
  patched.add(encoder);
  const nextPowerOfTwo = encoder.nextPowerOfTwo.bind(encoder);
  encoder.nextPowerOfTwo = (value) => (value === KAFKAJS_INITIAL_BYTES ? 0 : nextPowerOfTwo(value));
  encoder.prototype.ensureAvailable = function pooled(length) {
    const needed = this.offset + length;
    if (needed <= this.buf.length) return;
    const grown = Buffer.allocUnsafe(nextPowerOfTwo(Math.max(needed, GROWN_BYTES_MIN - 1)));
    this.buf.copy(grown, 0, 0, this.offset);
    this.buf = grown;
  };
}

const patched = new WeakSet();

/** Not among what kafkajs exports; its version is pinned. */
function encoderClass(): EncoderClass {
  const require = createRequire(import.meta.url);
  return require('kafkajs/src/protocol/encoder.js') as EncoderClass;
}
