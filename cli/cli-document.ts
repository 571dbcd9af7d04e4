import { allCommands } from './command-tree.ts';
import type { CommandNode } from './command-tree.ts';

/** The reference of the `sentinel` command as Markdown: the help of every command. */
export function cliDocument(root: CommandNode): string {
  const leaves = allCommands(root).filter(({ commands }) => commands.length === 0);
  return [
    '# The `sentinel` command',
    '',
    '<!-- Made from the code: `npm run docs` writes it anew. -->',
    '',
    'Every command prints its part of this page with `--help`. `NO_COLOR=1` takes the colours away,',
    '`SENTINEL_DEBUG=1` shows where an error comes from. Exit codes: 0 done, 1 failed, 2 wrong usage or',
    'input, 130 interrupted.',
    '',
    ...leaves.map((node) => `- [\`${nameOf(node)}\`](#${anchorOf(node)}): ${node.description}`),
    ...leaves.flatMap((node) => ['', `## ${nameOf(node)}`, '', '```text', node.help.trim(), '```']),
    '',
  ].join('\n');
}

function nameOf({ words }: CommandNode): string {
  return ['sentinel', ...words].join(' ');
}

/** As GitHub makes it from the heading. */
function anchorOf(node: CommandNode): string {
  return nameOf(node).replaceAll(' ', '-');
}
