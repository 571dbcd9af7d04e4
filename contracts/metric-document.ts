import { METRICS } from './metric-catalogue.ts';
import type { MetricDefinition } from './metric-definition.ts';
import { METRIC_LABELS } from './metric-labels.ts';
import { NODE_METRICS } from './node-metrics.ts';

/** The catalogue of metrics as a page (docs/generated/metrics.md). */
export function metricDocument(): string {
  const lines = [
    '# Metrics',
    '',
    'Made from `contracts/metric-catalogue.ts`; `npm run docs` writes it anew. Every process serves them at',
    '`/metrics`, the API at its own port. Each has the label `part`, the name of its process.',
    '',
  ];
  for (const [name, metric] of Object.entries<MetricDefinition>(METRICS)) {
    lines.push(...metricSection(name, metric));
  }
  lines.push('## Labels', '', '| label | is | values |', '| --- | --- | --- |');
  for (const [name, { help, values }] of Object.entries(METRIC_LABELS)) {
    const shown =
      typeof values === 'string' ? values : values.map((value) => `\`${value}\``).join(', ');
    lines.push(`| \`${name}\` | ${help} | ${shown} |`);
  }
  lines.push(
    '',
    '## Of Node',
    '',
    'Of what every Node process tells, these are drawn or alerted on.',
    '',
  );
  for (const [name, help] of Object.entries(NODE_METRICS)) lines.push(`- \`${name}\`: ${help}`);
  return `${lines.join('\n')}\n`;
}

function metricSection(name: string, metric: MetricDefinition): string[] {
  const labels = metric.labels.map((label) => `\`${label}\``).join(', ');
  return [
    `## ${name}`,
    '',
    `${metric.help}.`,
    '',
    `- ${metric.type}, ${metric.unit}${labels === '' ? '' : `, by ${labels}`}`,
    `- from ${metric.processes.join(', ')}`,
    `- ${metric.hint}`,
    '',
  ];
}
