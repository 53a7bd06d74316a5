import type { Command, Option } from 'commander';

/** A command, as the manual and the shells' completions tell of it. */
export interface CommandNode {
  /** The words that call it: `['phpstack-ts', 'service', 'install']`. */
  words: string[];
  description: string;
  /** What follows the words, such as `<address>`. */
  operands: string[];
  options: OptionNode[];
  commands: CommandNode[];
  /** Command lines. */
  examples: string[];
}

export interface OptionNode {
  /** As typed: `-p`, `--port`. */
  names: string[];
  description: string;
  value: OptionValue | undefined;
  /** For people; undefined where there is none or the description tells it. */
  preset: string | undefined;
  /** The environment's variable for it. */
  variable: string | undefined;
}

export interface OptionValue {
  /** `path`, as in `--port <path>`. */
  name: string;
  kind: 'file' | 'folder' | 'choice' | 'word';
  /** Of the kind 'choice'. */
  choices: string[];
}

export function commandTree(command: Command, parents: string[] = []): CommandNode {
  const words = [...parents, command.name()];
  const help = command.createHelp();
  const commands = help.visibleCommands(command).filter((child) => child.name() !== 'help');
  return {
    words,
    description: command.description(),
    operands: command.registeredArguments.map((operand) => `<${operand.name()}>`),
    options: help.visibleOptions(command).map(optionNode),
    commands: commands.map((child) => commandTree(child, words)),
    examples: examplesOf(command),
  };
}

/** A command and all below it, parents first. */
export function flattened(node: CommandNode): CommandNode[] {
  return [node, ...node.commands.flatMap(flattened)];
}

function optionNode(option: Option): OptionNode {
  const { short, long, description, defaultValue, defaultValueDescription, envVar } = option;
  const isTold = defaultValue === undefined || typeof defaultValue === 'boolean';
  return {
    names: [short, long].filter((name) => name !== undefined),
    description,
    value: optionValue(option),
    preset: isTold ? undefined : (defaultValueDescription ?? String(defaultValue)),
    variable: envVar,
  };
}

function optionValue({ flags, argChoices = [] }: Option): OptionValue | undefined {
  const [, name] = /<(.+)>$/.exec(flags) ?? [];
  if (name === undefined) return undefined;
  const kinds = { path: 'file', file: 'file', dir: 'folder' } as const;
  const [noun] = /^\w*/.exec(name)!;
  const kind = argChoices.length > 0 ? 'choice' : (kinds[noun as keyof typeof kinds] ?? 'word');
  return { name, kind, choices: [...argChoices] };
}

/** The indented lines of what its help ends with. */
function examplesOf(command: Command): string[] {
  let help = '';
  command.configureOutput({ writeOut: (text) => (help += text) });
  command.outputHelp();
  const [, examples = ''] = /\nExamples?:\n([\s\S]*)$/.exec(help) ?? [];
  return examples
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
