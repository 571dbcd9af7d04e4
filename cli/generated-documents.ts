import { openApiDocument } from '#api/openapi.ts';
import { roleDocument } from '#api/role-document.ts';
import { ROUTES } from '#api/routes.ts';
import { asyncApiDocument } from '#contracts/asyncapi.ts';
import { metricDocument } from '#contracts/metric-document.ts';
import { PARTITIONS_DEFAULT } from '#platform/environment.ts';
import { ladderDocument } from '#domain/ladder-document.ts';
import { cliDocument } from './cli-document.ts';
import type { CommandNode } from './command-tree.ts';

/** A file that is made from the code and kept in the repository. */
export interface GeneratedDocument {
  /** From the root of the repository. */
  readonly path: string;
  readonly generate: (commandLine: CommandNode) => string | Promise<string>;
}

/** All generated files. */
export const GENERATED_DOCUMENTS: readonly GeneratedDocument[] = [
  {
    path: 'docs/generated/openapi.json',
    generate: () => `${JSON.stringify(openApiDocument(ROUTES), null, 2)}\n`,
  },
  {
    path: 'docs/generated/asyncapi.json',
    generate: () => `${JSON.stringify(asyncApiDocument(PARTITIONS_DEFAULT), null, 2)}\n`,
  },
  { path: 'docs/generated/roles.md', generate: () => roleDocument(ROUTES) },
  { path: 'docs/generated/cli.md', generate: cliDocument },
  { path: 'docs/generated/ladder.md', generate: ladderDocument },
  { path: 'docs/generated/metrics.md', generate: metricDocument },
  // Asked for only here: what writes them are development packages.
  {
    path: 'deploy/grafana/margin-sentinel.json',
    generate: async () => (await import('../deploy/dashboard.ts')).dashboardDocument(),
  },
  {
    path: 'deploy/prometheus/alerts.yml',
    generate: async () => (await import('../deploy/alerts.ts')).alertDocument(),
  },
];
