/** Characters from here on do not fit into one byte: this one announces two more. */
const ESCAPE = 0xff;
/** A character takes so many bytes at most. */
const BYTES_MAX = 3;
const LENGTH_MAX = 0xffff;
const WORDS_AT_FIRST = 64;

/**
 * An account's order id as 32-bit words: to hash, to compare and to keep four characters at a time. The
 * same words stand for the same two names and for no others. Written anew for each id that is asked for,
 * it stays where a core reads fastest.
 */
export class PackedId {
  #words = new Int32Array(WORDS_AT_FIRST);
  #bytes = new Uint8Array(this.#words.buffer);
  #length = 0;
  #hash = 0;
  readonly #seed: number;

  /** `seed` goes into the hash: one that nobody knows keeps ids from being chosen to collide. */
  constructor(seed: number) {
    this.#seed = seed;
  }

  get words(): Int32Array {
    return this.#words;
  }

  /** How many words from the first on are in use. */
  get length(): number {
    return this.#length;
  }

  /** 32 bits, each of which depends on all characters and on the seed. */
  get hash(): number {
    return this.#hash;
  }

  /** Throws RangeError when one of them is longer than 65,535 characters. */
  write(accountId: string, orderId: string): this {
    if (accountId.length > LENGTH_MAX || orderId.length > LENGTH_MAX) {
      throw new RangeError('an id is too long to be remembered');
    }
    this.#makeRoom(accountId.length + orderId.length);
    this.#words[0] = (accountId.length << 16) | orderId.length;
    const bytes = this.#bytes;
    let end = writeText(bytes, writeText(bytes, 4, accountId), orderId);
    while (end % 4 !== 0) bytes[end++] = 0;
    this.#length = end / 4;
    this.#hash = hashOf(this.#seed, this.#words, this.#length);
    return this;
  }

  #makeRoom(characters: number): void {
    const words = 2 + Math.ceil((BYTES_MAX * characters) / 4);
    if (words <= this.#words.length) return;
    this.#words = new Int32Array(2 * words);
    this.#bytes = new Uint8Array(this.#words.buffer);
  }
}

/** Returns where the next byte goes. */
function writeText(bytes: Uint8Array, from: number, text: string): number {
  let at = from;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code < ESCAPE) {
      bytes[at++] = code;
    } else {
      bytes[at++] = ESCAPE;
      bytes[at++] = code >>> 8;
      bytes[at++] = code;
    }
  }
  return at;
}

/** FNV-1a by words, then the end of MurmurHash3, so that every bit depends on all of them. */
function hashOf(seed: number, words: Int32Array, length: number): number {
  let hash = seed;
  for (let index = 0; index < length; index += 1) {
    hash = Math.imul(hash ^ (words[index] ?? 0), 0x0100_0193);
    hash ^= hash >>> 15;
  }
  hash = Math.imul(hash, 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return hash ^ (hash >>> 16);
}
