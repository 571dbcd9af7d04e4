import type { Writable } from 'node:stream';
import { styleText } from 'node:util';

/** One thing that a story promised and what was seen instead, if anything was. */
export interface Expectation {
  readonly what: string;
  readonly expected: string;
  readonly seen: string;
  readonly held: boolean;
}

/** Prints a story line by line and keeps what it promised. */
export class Narrator {
  readonly #stream: Writable;
  readonly #startedAt = Date.now();
  readonly #expectations: Expectation[] = [];

  constructor(stream: Writable) {
    this.#stream = stream;
  }

  get expectations(): readonly Expectation[] {
    return this.#expectations;
  }

  get broken(): readonly Expectation[] {
    return this.#expectations.filter(({ held }) => !held);
  }

  title(text: string): void {
    this.#line(`\n${this.#styled('bold', text)}`);
  }

  /** What happens, with the seconds since the demo began. */
  say(text: string): void {
    const seconds = ((Date.now() - this.#startedAt) / 1000).toFixed(1).padStart(5);
    this.#line(`${this.#styled('dim', `${seconds} s`)}  ${text}`);
  }

  /** A line without a time: a table's row, an address. */
  note(text: string): void {
    this.#line(`         ${text}`);
  }

  /** Checks a figure in dollars to the cent's hundredth. */
  money(what: string, expected: number, seen: number | null | undefined): void {
    this.check(what, dollars(expected), seen === null || seen === undefined ? '—' : dollars(seen));
  }

  /** Checks that two texts are the same and tells both when they are not. */
  check(what: string, expected: string, seen: string): void {
    const held = expected === seen;
    this.#expectations.push({ what, expected, seen, held });
    const mark = held ? this.#styled('green', '✓') : this.#styled('red', '✗');
    this.note(`${mark} ${what}: ${seen}${held ? '' : `, expected ${expected}`}`);
  }

  #styled(style: 'bold' | 'dim' | 'green' | 'red', text: string): string {
    return styleText(style, text, { stream: this.#stream });
  }

  #line(text: string): void {
    this.#stream.write(`${text}\n`);
  }
}

/** Dollars as a person writes them: −$1,234.50. Four decimals only when there are more than two. */
export function dollars(amount: number): string {
  const digits = Number.isInteger(Math.round(amount * 1e6) / 1e4) ? 2 : 4;
  const text = Math.abs(amount).toLocaleString('en-US', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  return `${amount < 0 ? '−' : ''}$${text}`;
}
