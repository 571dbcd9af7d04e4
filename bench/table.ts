import type { Row } from './benchmark.ts';

const HEAD = ['figure', 'target', 'measured', '', 'reference’s Spark job'] as const;
const GAP = '  ';

/** The rows for a terminal; the conditions of each stand below it. */
export function terminalTable(rows: readonly Row[]): string {
  const lines = [[...HEAD], ...rows.map(cells)];
  const widths = HEAD.map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  );
  const drawn = lines.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join(GAP)
      .trimEnd(),
  );
  const [head = '', ...body] = drawn;
  const described = body.flatMap((line, index) => [
    line,
    ...wrapped(rows[index]?.conditions ?? '', 110).map((text) => `    ${text}`),
  ]);
  return [head, '─'.repeat(head.length), ...described].join('\n');
}

/** The rows as Markdown. */
export function markdownTable(rows: readonly Row[]): string {
  const lines = rows.map((row) => [...cells(row), row.conditions]);
  return [[...HEAD, 'conditions'], Array(HEAD.length + 1).fill('---'), ...lines]
    .map((line) => `| ${line.join(' | ')} |`)
    .join('\n');
}

function cells({ figure, target, measured, met, yardstick }: Row): string[] {
  const verdict = met === null ? '' : met ? 'met' : 'MISSED';
  return [figure, target ?? '', measured, verdict, yardstick ?? ''];
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line.length + word.length + 1 > width) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
