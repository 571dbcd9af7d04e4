import { allCommands } from './command-tree.ts';
import type { CommandNode, OptionNode } from './command-tree.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** Asks a running product for its accounts; silent when there is none. */
const ACCOUNTS = 'sentinel completion --accounts 2>/dev/null';

/** What may stand in the place of an argument, beside what its choices say. */
export type Words = Readonly<Record<string, readonly string[]>>;

/** The completion script of a shell. `words` has what arguments of a name may be, such as topics. */
export function completionScript(shell: Shell, root: CommandNode, words: Words): string {
  switch (shell) {
    case 'bash':
      return bash(root, words);
    case 'zsh':
      // zsh reads bash's functions with its own adapter; what bash() writes is good in both.
      return `autoload -Uz compinit bashcompinit\ncompinit -C\nbashcompinit\n${bash(root, words)}`;
    case 'fish':
      return fish(root, words);
  }
}

function bash(root: CommandNode, words: Words): string {
  const nodes = allCommands(root);
  const paths = nodes.map(({ words: path }) => path.join(' ')).filter((path) => path !== '');
  const nextWords = nodes.map(
    (node) => `    ${quoted(pathOf(node))}) next=${quoted(wordsAfter(node, words).join(' '))} ;;`,
  );
  const choices = nodes.flatMap((node) =>
    node.options.filter(({ takesValue }) => takesValue).map((option) => bashChoices(node, option)),
  );
  const withAccounts = nodes.filter(takesAccount).map((node) => quoted(pathOf(node)));
  return `# sentinel completion: source this file
_sentinel() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} here="" next="" word
  for word in "\${COMP_WORDS[@]:1:$((COMP_CWORD-1))}"; do
    case "\${here:+$here }$word" in
      ${paths.map(quoted).join('|')}) here="\${here:+$here }$word" ;;
    esac
  done
  case "$here $prev" in
${choices.join('\n')}
  esac
  case "$here" in
${nextWords.join('\n')}
  esac
  if [[ "$cur" != -* ]]; then
    case "$here" in
      ${withAccounts.join('|')}) next="$next $(${ACCOUNTS})" ;;
    esac
  fi
  COMPREPLY=($(compgen -W "$next" -- "$cur"))
}
complete -F _sentinel sentinel
`;
}

function bashChoices(node: CommandNode, option: OptionNode): string {
  const patterns = option.names.map((name) => quoted(`${pathOf(node)} ${name}`)).join('|');
  const reply = option.names.includes('--account')
    ? `$(compgen -W "$(${ACCOUNTS})" -- "$cur")`
    : `$(compgen -W ${quoted(option.choices.join(' '))} -- "$cur")`;
  return `    ${patterns}) COMPREPLY=(${reply}); return ;;`;
}

function fish(root: CommandNode, words: Words): string {
  const lines = ['# sentinel completion: source this file', 'complete -c sentinel -f'];
  for (const node of allCommands(root)) {
    const condition = fishCondition(node);
    for (const { words: path, description } of node.commands) {
      const name = path.at(-1) ?? '';
      lines.push(
        `complete -c sentinel -n ${condition} -a ${quoted(name)} -d ${quoted(description)}`,
      );
    }
    for (const { name, choices } of node.arguments) {
      const values = [...choices, ...(words[name] ?? [])];
      if (values.length > 0) {
        lines.push(`complete -c sentinel -n ${condition} -a ${quoted(values.join(' '))}`);
      }
    }
    if (takesAccount(node)) lines.push(`complete -c sentinel -n ${condition} -a '(${ACCOUNTS})'`);
    for (const option of node.options) lines.push(fishOption(condition, option));
  }
  return `${lines.join('\n')}\n`;
}

function fishCondition({ words, commands }: CommandNode): string {
  if (words.length === 0) return "'__fish_use_subcommand'";
  const seen = words.map((word) => `__fish_seen_subcommand_from ${word}`);
  const below = commands.map(({ words: path }) => path.at(-1) ?? '').join(' ');
  const notBelow = below === '' ? [] : [`not __fish_seen_subcommand_from ${below}`];
  return quoted([...seen, ...notBelow].join('; and '));
}

function fishOption(condition: string, option: OptionNode): string {
  const { names, description, takesValue, choices } = option;
  const flags = names.map((name) =>
    name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`,
  );
  const values = names.includes('--account') ? `(${ACCOUNTS})` : choices.join(' ');
  const taken = takesValue ? [`-x${values === '' ? '' : ` -a ${quoted(values)}`}`] : [];
  return [
    'complete -c sentinel -n',
    condition,
    ...flags,
    ...taken,
    `-d ${quoted(description)}`,
  ].join(' ');
}

/** Every word that may come next: commands, options, and what an argument may be. */
function wordsAfter(node: CommandNode, words: Words): string[] {
  return [
    ...node.commands.map(({ words: path }) => path.at(-1) ?? ''),
    ...node.arguments.flatMap(({ name, choices }) => [...choices, ...(words[name] ?? [])]),
    ...node.options.flatMap(({ names }) => names.filter((name) => name.startsWith('--'))),
    '--help',
  ];
}

function takesAccount(node: CommandNode): boolean {
  return node.arguments.some(({ name }) => name === 'account_id');
}

function pathOf({ words }: CommandNode): string {
  return words.join(' ');
}

/** A word for any of the shells. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
