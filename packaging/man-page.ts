import { type CommandNode, flattened, type OptionNode } from './command-tree.ts';

/** The page of section 1, in the language of man(7). */
export function manPage(program: CommandNode, version: string): string {
  const [name] = program.words;
  const commands = flattened(program).filter(({ commands }) => commands.length === 0);
  return [
    `.TH ${name!.toUpperCase()} 1 "" "${name} ${version}" "User Commands"`,
    '.SH NAME',
    `${text(name!)} \\- serves web pages on a serial line`,
    '.SH SYNOPSIS',
    ...[program, ...commands].flatMap(synopsis),
    '.SH DESCRIPTION',
    text(program.description),
    'SLIP frames come in from the line, and pages go back.',
    'The kernel has no part in the network between: it needs no interface, no address and no privilege.',
    '.SH OPTIONS',
    'Each can be set by a variable of the environment as well.',
    ...program.options.flatMap(optionEntry),
    '.SH COMMANDS',
    ...commands.flatMap((command) => commandSection(command, program)),
    ...FILES,
    '.SH EXAMPLES',
    ...flattened(program)
      .flatMap(({ examples }) => examples)
      .flatMap(example),
    '.SH SEE ALSO',
    '.BR slattach (8),',
    '.BR systemctl (1),',
    '.BR systemd.exec (5)',
    '',
  ].join('\n');
}

const FILES = [
  '.SH EXIT STATUS',
  ...entry(bold('0'), 'ended by SIGTERM or SIGINT, or done what was asked for.'),
  ...entry(
    bold('1'),
    'an error, such as a port that is not there or is in use; one line on stderr tells of it.',
  ),
  ...entry(bold('2'), 'wrong usage.'),
  '.SH FILES',
  ...entry(italic('~/.local/state/phpstack-ts'), 'the visitor counter.'),
  ...entry(
    italic('/etc/phpstack-ts/INSTANCE.env'),
    `settings of the service phpstack-ts@INSTANCE: variables, as above.`,
  ),
  ...entry(italic('/var/lib/phpstack-ts/INSTANCE'), "the service's visitor counter."),
];

function synopsis({ words, operands }: CommandNode): string[] {
  return [`${bold(words.join(' '))} ${text([...operands, '[options]'].join(' '))}`, '.br'];
}

/** Options that the program has too, by the same words, are told of there. */
function commandSection(
  { words, operands, description, options }: CommandNode,
  program: CommandNode,
): string[] {
  const own = options.filter((option) => !program.options.some((other) => sameOption(option, other)));
  const shared = options.filter((option) => !own.includes(option) && option.variable !== undefined);
  const names = shared.map(({ names }) => bold(names.at(-1)!)).join(', ');
  return [
    `.SS ${text([...words.slice(1), ...operands].join(' '))}`,
    text(description),
    ...own.filter(({ names }) => !names.includes('--help')).flatMap(optionEntry),
    ...(shared.length > 0 ? ['.PP', `As above: ${names}.`] : []),
  ];
}

function sameOption(one: OptionNode, other: OptionNode): boolean {
  return (
    one.names.at(-1) === other.names.at(-1) &&
    one.description === other.description &&
    one.preset === other.preset
  );
}

function optionEntry({ names, value, description, preset, variable }: OptionNode): string[] {
  const tag = names.map(bold).join(', ') + (value ? ` ${italic(value.name)}` : '');
  const sentences = [text(description)];
  if (value?.kind === 'choice') sentences.push(`One of ${text(value.choices.join(', '))}.`);
  if (preset !== undefined) sentences.push(`Default: ${text(preset)}.`);
  if (variable !== undefined) sentences.push(`Variable: ${bold(variable)}.`);
  return entry(tag, sentences.join('. ').replaceAll('.. ', '. '));
}

function example(line: string): string[] {
  return ['.PP', '.RS 4', '.nf', text(line), '.fi', '.RE'];
}

function entry(tag: string, body: string): string[] {
  return ['.TP', tag, body];
}

function bold(word: string): string {
  return `\\fB${text(word)}\\fR`;
}

function italic(word: string): string {
  return `\\fI${text(word)}\\fR`;
}

/** What troff would take for something else: escapes, hyphens, quotes, and a control character that begins a line. */
function text(words: string): string {
  return words
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll("'", '\\(aq')
    .replaceAll('~', '\\(ti')
    .replaceAll('^', '\\(ha')
    .replace(/^\./, '\\&.');
}
