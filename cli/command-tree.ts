import type { Argument, Command, Option } from 'commander';

/** Help as data is as wide as this, whatever the terminal. */
const HELP_WIDTH = 100;

/** What a command line can say, as data: the reference and the shells' completion are made from it. */
export interface CommandNode {
  /** The words that lead to it: `['case', 'show']`; empty for `sentinel` itself. */
  readonly words: readonly string[];
  readonly description: string;
  /** What `--help` prints. */
  readonly help: string;
  readonly options: readonly OptionNode[];
  readonly arguments: readonly ArgumentNode[];
  readonly commands: readonly CommandNode[];
}

export interface OptionNode {
  /** `--json`, `-V`. */
  readonly names: readonly string[];
  readonly description: string;
  readonly takesValue: boolean;
  readonly choices: readonly string[];
}

export interface ArgumentNode {
  readonly name: string;
  readonly choices: readonly string[];
}

/** A command of commander, and all below it, as data. */
export function commandTree(command: Command, words: readonly string[] = []): CommandNode {
  return {
    words,
    description: command.description(),
    help: helpOf(command),
    options: command.options.filter(({ hidden }) => !hidden).map(optionNode),
    arguments: command.registeredArguments.map(argumentNode),
    commands: command.commands.map((below) => commandTree(below, [...words, below.name()])),
  };
}

/** A command and all below it, each before what is below it. */
export function allCommands(node: CommandNode): CommandNode[] {
  return [node, ...node.commands.flatMap(allCommands)];
}

/** The whole command line that a command is a part of. */
export function rootOf(command: Command): Command {
  return command.parent === null ? command : rootOf(command.parent);
}

function helpOf(command: Command): string {
  const before = command.configureOutput();
  let help = '';
  command.configureOutput({
    writeOut: (text) => {
      help += text;
    },
    getOutHelpWidth: () => HELP_WIDTH,
    getOutHasColors: () => false,
  });
  command.outputHelp();
  command.configureOutput(before);
  return help;
}

function optionNode(option: Option): OptionNode {
  const { short, long, description, required, optional, argChoices = [] } = option;
  return {
    names: [short, long].filter((name) => name !== undefined),
    description,
    takesValue: required || optional,
    choices: argChoices,
  };
}

function argumentNode(argument: Argument): ArgumentNode {
  return { name: argument.name(), choices: argument.argChoices ?? [] };
}
