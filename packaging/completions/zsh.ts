import { type CommandNode, flattened, type OptionNode } from '../command-tree.ts';

/** A function for each command, by _arguments and _describe. */
export function zshCompletion(program: CommandNode): string {
  const functions = flattened(program).map((node) =>
    node.commands.length > 0 ? parentFunction(node) : leafFunction(node),
  );
  return `#compdef ${program.words[0]}\n\n${functions.join('\n')}\n${nameOf(program)} "$@"\n`;
}

function leafFunction(node: CommandNode): string {
  return `${nameOf(node)}() {\n  _arguments ${specs(node.options)}\n}\n`;
}

/** The first operand is one of its commands, and what follows is that one's to complete. */
function parentFunction(node: CommandNode): string {
  const name = (child: CommandNode) => child.words.at(-1)!;
  const described = node.commands.map((child) => quoted(`${name(child)}:${child.description}`));
  const calls = node.commands.map((child) => `        ${name(child)}) ${nameOf(child)} ;;`);
  return `${nameOf(node)}() {
  local curcontext=$curcontext state line
  local -a commands=(
    ${described.join('\n    ')}
  )
  _arguments -C ${specs(node.options)} \\
    '1: :->command' '*:: :->rest'
  case $state in
    command) _describe command commands ;;
    rest)
      case $words[1] in
${calls.join('\n')}
      esac ;;
  esac
}
`;
}

function specs(options: OptionNode[]): string {
  return options.map((option) => `\\\n    ${spec(option)}`).join(' ');
}

/** `'(-p --port)'{-p,--port}'[description]:path:_files'`: one of its names excludes the others. */
function spec({ names, description, value }: OptionNode): string {
  const text = quoted(`[${description.replace(/[[\]:\\]/g, '\\$&')}]${value ? `:${actionOf(value)}` : ''}`);
  return names.length > 1
    ? `${quoted(`(${names.join(' ')})`)}{${names.join(',')}}${text}`
    : `${names[0]}${text}`;
}

function actionOf({ name, kind, choices }: NonNullable<OptionNode['value']>): string {
  const action = { file: '_files', folder: '_files -/', choice: `(${choices.join(' ')})`, word: '' }[kind];
  return `${name.replace(/[[\]:\\]/g, '\\$&')}:${action}`;
}

function nameOf({ words }: CommandNode): string {
  return `_${words.join('-')}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
