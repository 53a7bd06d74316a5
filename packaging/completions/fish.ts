import { type CommandNode, flattened, type OptionNode } from '../command-tree.ts';

/** Lines of complete(1), each for an option or a command where it can follow. */
export function fishCompletion(program: CommandNode): string {
  const lines = flattened(program).flatMap((node) => {
    const complete = `complete -c ${program.words[0]} -n ${quoted(condition(node))}`;
    const commands = node.commands.map(
      ({ words, description }) => `${complete} -f -a ${words.at(-1)} -d ${quoted(description)}`,
    );
    return [...commands, ...node.options.map((option) => `${complete} ${completion(option)}`)];
  });
  return `# fish completion for ${program.words[0]}\n${lines.join('\n')}\n`;
}

/** That the command's own words were seen, and none of those that could follow them. */
function condition({ words, commands }: CommandNode): string {
  const seen = words.slice(1).map((word) => `__fish_seen_subcommand_from ${word}`);
  const next = commands.map(({ words }) => words.at(-1)).join(' ');
  const notSeen = commands.length > 0 ? [`not __fish_seen_subcommand_from ${next}`] : [];
  return [...seen, ...notSeen].join('; and ') || 'true';
}

function completion({ names, description, value }: OptionNode): string {
  const flags = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
  const values = { file: '-r -F', folder: "-x -a '(__fish_complete_directories)'", choice: '', word: '-x' };
  if (value)
    flags.push(value.kind === 'choice' ? `-x -a ${quoted(value.choices.join(' '))}` : values[value.kind]);
  return `${flags.join(' ')} -d ${quoted(description)}`;
}

function quoted(text: string): string {
  return `'${text.replace(/['\\]/g, '\\$&')}'`;
}
