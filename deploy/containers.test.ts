import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { environmentNames } from '#platform/environment.ts';
import { heapFlags } from '#stack/heap-flags.ts';
import { PRODUCT_PROCESSES } from '#stack/product-processes.ts';
import { parse } from 'yaml';
import { z } from 'zod';

/** The containers fit the code: commands, variables, ports, health. No engine runs them here. */

const ROOT = new URL('../', import.meta.url);
const read = (file: string): string => readFileSync(new URL(file, ROOT), 'utf8');

const serviceSchema = z.object({
  image: z.string(),
  command: z.union([z.string(), z.array(z.string())]).optional(),
  environment: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  depends_on: z.union([z.array(z.string()), z.record(z.string(), z.unknown())]).optional(),
});
const composeSchema = z.object({
  services: z.record(z.string(), serviceSchema),
  volumes: z.record(z.string(), z.null()),
});
const prometheusSchema = z.object({
  scrape_configs: z.tuple([
    z.object({ static_configs: z.tuple([z.object({ targets: z.array(z.string()) })]) }),
  ]),
});

const compose = composeSchema.parse(parse(read('docker-compose.yml'), { merge: true }));
const services = Object.entries(compose.services);
const dockerfile = read('Dockerfile');
const processes = PRODUCT_PROCESSES.map(({ name, entry }) => [name, entry] as const);
/** What the SDK of DynamoDB reads, not the product. */
const CREDENTIALS = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'];

describe('docker-compose.yml', () => {
  test.each(PRODUCT_PROCESSES)(
    'runs $name by its entry point, with the heap that it has here',
    ({ name, entry, heap }) => {
      expect(compose.services[name]?.command).toEqual([...heapFlags(heap), entry]);
      expect(existsSync(new URL(entry, ROOT))).toBe(true);
    },
  );

  test.each([...processes, ['prepare', ''] as const])(
    'tells %s variables that it reads',
    (name) => {
      const told = Object.keys(compose.services[name]?.environment ?? {});
      expect(told.length).toBeGreaterThan(0);
      const known = [...environmentNames(), ...CREDENTIALS];
      expect(told.filter((variable) => !known.includes(variable))).toEqual([]);
    },
  );

  test('gives the key that signs commands to the API alone', () => {
    const holders = services.filter(
      ([, { environment }]) => 'SENTINEL_COMMAND_PRIVATE_KEY_FILE' in (environment ?? {}),
    );
    expect(holders.map(([name]) => name)).toEqual(['api']);
  });

  test('names servers by addresses that the other containers have', () => {
    const told = compose.services.api?.environment ?? {};
    expect(told).toMatchObject({ TEMPORAL_ADDRESS: 'temporal:7233', KAFKA_BROKERS: 'kafka:29092' });
    const kafka = compose.services.kafka?.environment ?? {};
    expect(kafka.KAFKA_ADVERTISED_LISTENERS).toContain(String(told.KAFKA_BROKERS));
  });

  test.each(services)('%s has a pinned image, and ports on the loopback only', (_name, service) => {
    expect(service.image).toMatch(/:(?!latest$)[\w.-]+$/);
    for (const port of service.ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
  });

  test.each(services)(
    '%s mounts files that are there, and volumes that are declared',
    (_name, service) => {
      for (const volume of service.volumes) {
        const [source = ''] = volume.split(':');
        if (source.startsWith('./')) expect(existsSync(new URL(source, ROOT))).toBe(true);
        else expect(Object.keys(compose.volumes)).toContain(source);
      }
    },
  );

  test.each(services)('%s waits for services that there are', (_name, service) => {
    const waits = service.depends_on ?? [];
    const names = Array.isArray(waits) ? waits : Object.keys(waits);
    expect(names.filter((name) => !(name in compose.services))).toEqual([]);
  });
});

describe('Prometheus', () => {
  test('scrapes every process where it serves its metrics', () => {
    const config = prometheusSchema.parse(parse(read('deploy/prometheus/prometheus.yml')));
    const port = String(compose.services.api?.environment?.SENTINEL_METRICS_PORT);
    const [
      {
        static_configs: [{ targets }],
      },
    ] = config.scrape_configs;
    expect([...targets].sort()).toEqual(processes.map(([name]) => `${name}:${port}`).sort());
  });

  test('is the data source of the dashboard', () => {
    const source = z
      .object({ datasources: z.tuple([z.object({ uid: z.string(), url: z.string() })]) })
      .parse(parse(read('deploy/grafana/provisioning/datasources/prometheus.yml'))).datasources[0];
    expect(source.url).toBe('http://prometheus:9090');
    expect(read('deploy/grafana/margin-sentinel.json')).toContain(`"uid": "${source.uid}"`);
  });
});

describe('the Dockerfile', () => {
  test('asks for health where the processes answer, listening outside of the container', () => {
    const port = String(compose.services.api?.environment?.SENTINEL_METRICS_PORT);
    expect(dockerfile).toContain(`SENTINEL_METRICS_PORT=${port}`);
    expect(dockerfile).toContain(`http://127.0.0.1:${port}/healthz`);
    expect(dockerfile).toContain('SENTINEL_LISTEN_HOST=0.0.0.0');
  });

  test('has the product’s own Node, no development packages, and no root', () => {
    const { devDependencies } = z
      .object({ devDependencies: z.object({ node: z.string() }) })
      .parse(JSON.parse(read('package.json')));
    for (const [, image = ''] of dockerfile.matchAll(/^FROM (\S+)/gm)) {
      expect(image).toBe(`node:${devDependencies.node}-bookworm-slim`);
    }
    expect(dockerfile).toContain('npm ci --omit=dev');
    expect(dockerfile.lastIndexOf('USER node')).toBeGreaterThan(dockerfile.lastIndexOf('RUN '));
  });

  test('copies every folder that a process imports from', () => {
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(\S+) \S+$/gm)].map(([, from]) => from);
    for (const folder of ['domain', 'contracts', 'ports', 'policies', 'workflows', 'activities']) {
      expect(copied).toContain(folder);
    }
    const used = PRODUCT_PROCESSES.map(({ entry }) => entry.split('/')[0]);
    expect(used.filter((folder) => !copied.includes(folder))).toEqual([]);
  });
});
