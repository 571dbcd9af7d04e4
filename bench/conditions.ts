import { readFile } from 'node:fs/promises';
import os from 'node:os';
import type { Stack } from '#stack/open-stack.ts';

const POM = new URL('../stack/pom.xml', import.meta.url);

/** The machine and the versions, one fact a line. `foreignShare` is what was busy before the bench began. */
export async function conditionsOf(stack: Stack, foreignShare: number): Promise<string[]> {
  const cores = os.cpus();
  return [
    `machine: ${String(cores.length)} × ${cores[0]?.model ?? 'unknown CPU'}, ` +
      `${(os.totalmem() / 2 ** 30).toFixed(0)} GiB, ${os.type()} ${os.release()}`,
    `Node ${process.versions.node}, ${await kafkaVersion(stack)}, kafkajs 2.2.4, ` +
      'one broker without replication, Java with its optimising compiler and 512 MB',
    'broker, Temporal, DynamoDB, the measured process, the generator and the observer share these ' +
      `cores; others kept them ${String(Math.round(foreignShare * 100))} % busy before the bench began`,
  ];
}

async function kafkaVersion({ servers }: Stack): Promise<string> {
  if (servers.find(({ kind }) => kind.name === 'kafka')?.origin === 'environment') {
    return 'the Kafka that KAFKA_BROKERS names';
  }
  const pom = await readFile(POM, 'utf8');
  const version = /<artifactId>kafka_[\d.]+<\/artifactId>\s*<version>([^<]+)</.exec(pom)?.[1];
  return `Kafka ${version ?? 'of unknown version'}`;
}
