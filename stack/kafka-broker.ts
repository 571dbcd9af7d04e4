import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { JAVA_LOGGING } from './dynamodb-local.ts';
import type { JavaInstallation, KafkaDoor, ServerContext, ServerPlan } from './server.ts';
import { javaFlags } from './server.ts';

const ANSWER_MS_MAX = 2_000;

/** How to start the broker: one process, broker and controller, on the loopback address. */
export async function kafkaPlan(
  installation: JavaInstallation,
  context: ServerContext,
): Promise<ServerPlan> {
  const { ports } = context;
  const folder = path.join(context.data, 'kafka');
  if (!existsSync(path.join(folder, 'meta.properties'))) {
    await mkdir(context.data, { recursive: true });
    await cp(installation.kafkaFormatted, folder, { recursive: true });
  }
  const settings = path.join(context.data, 'kafka.properties');
  await writeFile(
    settings,
    kafkaSettings(folder, ports.kafka, ports.kafkaController, context.kafkaDoors),
  );
  const archive = installation.kafkaClassArchive;
  return {
    program: installation.java,
    args: [
      ...javaFlags(installation.flags),
      ...(archive === undefined ? [] : [`-XX:SharedArchiveFile=${archive}`, '-Xshare:auto']),
      ...(await kafkaCommand(installation.libraries)),
      'kafka.Kafka',
      settings,
    ],
    address: `127.0.0.1:${ports.kafka}`,
  };
}

/**
 * Java's arguments before the main class. A class-data archive holds only for the same class path, and
 * not for one with a folder on it, which the manifest of DynamoDB Local's own library brings.
 */
export async function kafkaCommand(libraries: string): Promise<string[]> {
  const files = (await readdir(libraries)).sort();
  const jars = files.filter((file) => file.endsWith('.jar') && !file.startsWith('DynamoDBLocal'));
  const classPath = jars.map((jar) => path.join(libraries, jar)).join(path.delimiter);
  return [`-Dlog4j2.configurationFile=${JAVA_LOGGING}`, '-cp', classPath];
}

/** The settings that matter locally (PLATFORM, Kafka broker), as a properties file. */
export function kafkaSettings(
  folder: string,
  port: number,
  controllerPort: number,
  doors: readonly KafkaDoor[] = [],
): string {
  const listeners = [`PLAINTEXT://127.0.0.1:${port}`];
  const advertised = [...listeners];
  const protocols = ['PLAINTEXT:PLAINTEXT', 'CONTROLLER:PLAINTEXT'];
  for (const [n, door] of doors.entries()) {
    listeners.push(`DOOR${n}://127.0.0.1:${door.port}`);
    advertised.push(`DOOR${n}://127.0.0.1:${door.advertisedPort}`);
    protocols.push(`DOOR${n}:PLAINTEXT`);
  }
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: [...listeners, `CONTROLLER://127.0.0.1:${controllerPort}`].join(','),
    'advertised.listeners': advertised.join(','),
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': protocols.join(','),
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': folder,
    // As many threads as cores: the broker's usual eleven wait for each other, for a sixth of its time.
    'num.network.threads': '1',
    'num.io.threads': '2',
    // Topics are made with their own partitions and cleanup policy, never by accident.
    'auto.create.topics.enable': 'false',
    'default.replication.factor': '1',
    'min.insync.replicas': '1',
    'offsets.topic.num.partitions': '4',
    'offsets.topic.replication.factor': '1',
    'transaction.state.log.num.partitions': '4',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'share.coordinator.state.topic.num.partitions': '1',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
    // A restart after kill -9 takes 7 s instead of 11. Less would fence a live broker, and with it
    // every topic, whenever the machine lets it wait that long.
    'broker.session.timeout.ms': '5000',
    'broker.heartbeat.interval.ms': '500',
    'log.cleaner.dedupe.buffer.size': '4194304',
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  return `${lines.join('\n')}\n`;
}

/** Whether a Kafka cluster answers at one of the brokers (comma list). */
export async function isKafkaHealthy(brokers: string): Promise<boolean> {
  const admin = new Kafka({
    clientId: 'sentinel-stack',
    brokers: brokers.split(',').map((broker) => broker.trim()),
    logLevel: logLevel.NOTHING,
    connectionTimeout: ANSWER_MS_MAX,
    requestTimeout: ANSWER_MS_MAX,
    retry: { retries: 0 },
  }).admin();
  try {
    await admin.connect();
    const { brokers: alive } = await admin.describeCluster();
    return alive.length > 0;
  } catch {
    // Whatever the reason, it does not answer as a Kafka does.
    return false;
  } finally {
    await admin.disconnect();
  }
}
