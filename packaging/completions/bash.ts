import { type CommandNode, flattened } from '../command-tree.ts';

/** What the shell sources: a function, and what it is for. */
export function bashCompletion(program: CommandNode): string {
  const [name] = program.words;
  const commands = flattened(program);
  const completer = `_${name!.replaceAll('-', '_')}`;
  return `# bash completion for ${name}

${completer}() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]}
  local command=${name} word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$command $word" in
      ${pattern(commands.slice(1).map(({ words }) => words.join(' ')))}) command+=" $word" ;;
    esac
  done
  COMPREPLY=()
  case "$command $previous" in
${commands.flatMap(valueCases).join('\n')}
  esac
  case "$command" in
${commands.map(wordsCase).join('\n')}
  esac
}
complete -F ${completer} ${name}
`;
}

/** After an option that takes a value, that is what is completed. */
function valueCases({ words, options }: CommandNode): string[] {
  const command = words.join(' ');
  return options.flatMap(({ names, value }) => {
    if (!value) return [];
    const generator = {
      file: '-f',
      folder: '-d',
      choice: `-W '${value.choices.join(' ')}'`,
      word: undefined,
    }[value.kind];
    const lines = generator ? `mapfile -t COMPREPLY < <(compgen ${generator} -- "$current"); ` : '';
    const files = value.kind === 'file' || value.kind === 'folder' ? 'compopt -o filenames; ' : '';
    return `    ${pattern(names.map((name) => `${command} ${name}`))}) ${files}${lines}return ;;`;
  });
}

function wordsCase({ words, options, commands }: CommandNode): string {
  const candidates = [...commands.map(({ words }) => words.at(-1)), ...options.flatMap(({ names }) => names)];
  return `    "${words.join(' ')}") mapfile -t COMPREPLY < <(compgen -W '${candidates.join(' ')}' -- "$current") ;;`;
}

function pattern(words: string[]): string {
  return words.map((word) => `"${word}"`).join(' | ');
}
