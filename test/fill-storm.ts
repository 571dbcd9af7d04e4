import { TOPICS } from '#contracts/topics.ts';
import type { CashRecord, FillRecord } from '#contracts/ingest.ts';
import type { OutboundRecord } from '#ports/records.ts';
import { deposit, fill } from './engine-fixture.ts';
import type { KafkaFixture } from './kafka-fixture.ts';
import { seededRandom } from './seeded-random.ts';

/** Thousands of fills with cash between, some of them twice and many out of order; the same for a seed. */

const ACCOUNTS = 60;
/** Dollars. They stay what they are while the storm blows, so that what is credited can be checked. */
export const MARKS: Readonly<Record<string, number>> = {
  NVDA: 400.25,
  TSLA: 251.1234,
  SPY: 600,
  F: 12.0001,
  PENNY: 4.99,
  DUST: 0.0312,
};
const SYMBOLS = Object.keys(MARKS);
const CASH_EVERY = 20;
const REPEATED_SHARE = 0.15;
/** A record comes up to so many places later than it was made. */
const DELAY_MAX = 80;
const CHUNK = 40;
const PAUSE_MS = 4;

export interface Storm {
  /** In the order in which they are sent, duplicates included. */
  readonly records: readonly OutboundRecord[];
  readonly duplicates: number;
}

/** `fills` distinct fills, a cash movement for every twentieth, and repetitions of some. */
export function makeStorm(fills: number, seed: number): Storm {
  const random = seededRandom(seed).next;
  const placed: { readonly at: number; readonly record: OutboundRecord }[] = [];
  let duplicates = 0;
  for (let n = 0; n < fills; n += 1) {
    const made = [fillOf(n, random)];
    if (n % CASH_EVERY === 0) made.push(cashOf(n, random));
    for (const record of made) {
      placed.push({ at: n + random() * DELAY_MAX, record });
      if (random() >= REPEATED_SHARE) continue;
      duplicates += 1;
      placed.push({ at: n + random() * 10 * DELAY_MAX, record });
    }
  }
  placed.sort((a, b) => a.at - b.at);
  return { records: placed.map(({ record }) => record), duplicates };
}

/** Sends records in small pieces, so that whoever is killed meanwhile is killed in their midst. */
export async function blow(
  kafka: KafkaFixture,
  records: readonly OutboundRecord[],
  onSent: (sent: number) => Promise<void> | void = () => undefined,
): Promise<void> {
  for (let from = 0; from < records.length; from += CHUNK) {
    const chunk = records.slice(from, from + CHUNK);
    await kafka.publish(chunk);
    await onSent(from + chunk.length);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

function fillOf(n: number, random: () => number): OutboundRecord {
  const symbol = SYMBOLS[Math.floor(random() * SYMBOLS.length)] ?? 'NVDA';
  const shares = Math.ceil(random() * 40) / (random() < 0.2 ? 8 : 1);
  const price = Math.max(1, Math.round((MARKS[symbol] ?? 1) * (0.8 + random() * 0.4) * 10_000));
  const record: FillRecord = fill(`F${n}`, accountOf(random), {
    symbol,
    qty: random() < 0.5 ? shares : -shares,
    price: price / 10_000,
  });
  return outbound(TOPICS.fills.name, record);
}

function cashOf(n: number, random: () => number): OutboundRecord {
  const amount = Math.round((random() - 0.3) * 1e9) / 10_000;
  const record: CashRecord = deposit(`C${n}`, accountOf(random), amount === 0 ? 1 : amount);
  return outbound(TOPICS.cash.name, record);
}

function accountOf(random: () => number): string {
  return `ACC_${Math.floor(random() * ACCOUNTS)}`;
}

function outbound(topic: string, record: FillRecord | CashRecord): OutboundRecord {
  return { topic, key: record.account_id, value: JSON.stringify(record) };
}
