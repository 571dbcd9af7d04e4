import { allTopics, TOPICS } from '#contracts/topics.ts';
import { Failure } from '../failure.ts';
import { nearestWord } from '../nearest-word.ts';

/** They are many and tell a person who reads along little: only when they are named. */
const BACKGROUND: readonly string[] = [
  TOPICS.heartbeats.name,
  TOPICS.engineChangelog.name,
  TOPICS.priceMarks.name,
  TOPICS.stress.name,
  TOPICS.gateLeases.name,
];

/** The names that `tail` takes. */
export function tailTopicNames(): string[] {
  return allTopics().map(({ name }) => name);
}

/**
 * The topics that words stand for, `margin.calls` as well as `margin.calls.v1`; without words all that
 * tell a person something. Throws Failure, with the nearest name, for a word that is none.
 */
export function topicsOf(words: readonly string[]): string[] {
  const known = tailTopicNames();
  if (words.length === 0) return known.filter((name) => !BACKGROUND.includes(name));
  return [...new Set(words.map((word) => topicOf(word, known)))];
}

function topicOf(word: string, known: readonly string[]): string {
  const found = known.find((name) => name === word || shortName(name) === word);
  if (found !== undefined) return found;
  const nearest = nearestWord(word, [...known, ...known.map(shortName)]);
  throw new Failure(
    `There is no topic ${JSON.stringify(word).slice(1, -1)}.`,
    nearest === null ? `There are ${known.join(', ')}.` : `Did you mean ${nearest}?`,
    2,
  );
}

/** A topic's name without its version: `margin.calls`, `fills.dlq`. */
export function shortName(topic: string): string {
  return topic.replace(/\.v\d+(?=\.|$)/, '');
}
