import { allCommands } from './command-tree.ts';
import type { CommandNode } from './command-tree.ts';

/** The reference of the `sentinel` command as Markdown: the help of every command. */
export function cliDocument(root: CommandNode): string {
  const leaves = allCommands(root).filter(doesSomething);
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

/** A group that only leads to other commands takes no argument; `dead-letters` does, and shows them. */
function doesSomething({ commands, arguments: taken }: CommandNode): boolean {
  return commands.length === 0 || taken.length > 0;
}

function nameOf({ words }: CommandNode): string {
  return ['sentinel', ...words].join(' ');
}

/** As GitHub makes it from the heading. */
function anchorOf(node: CommandNode): string {
  return nameOf(node).replaceAll(' ', '-');
}
