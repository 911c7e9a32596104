import type { Command, Help, Option } from 'commander'
import { type Block, blocksOf, groupsOf, helpBlocks, itemOf } from './help.ts'
import { modelHelp } from './model-help.ts'
import { MODEL_OPTIONS } from './options.ts'

/** What only a manual has */
const MANUAL = `
Files:
  DIR/checkpoint-N.safetensors  what --checkpoint DIR saves, after N characters; the newest valid one is resumed from
  DIR/NAME/                     what rxrnn serve --models DIR saves of the shared model NAME
  FILE                          verdicts of --verdicts FILE, one JSON object per line

See also:
  tail(1), grep(1), jq(1), logrotate(8), journalctl(1)
  https://www.npmjs.com/package/rxrnn`

/** The manual page of a commander program, in troff with the macros of man(7). It has what --help shows of each command, and the files. */
export function manPage(program: Command): string {
  const model = modelHelp()
  const helper = program.createHelp()
  const name = program.name()
  const blocks = [...helpBlocks(program), ...blocksOf(MANUAL)]
  const sections = blocks.findIndex(({ kind }) => kind === 'heading')
  const lines = [
    `.\\" Generated from the options of ${name}; do not edit`,
    `.TH ${name.toUpperCase()} 1 "" "${name} ${program.version()}" "User Commands"`,
    '.SH NAME',
    `${name} \\- ${troff(program.summary())}`,
    '.SH SYNOPSIS',
    ...[program, ...program.commands].flatMap((command) => [synopsis(command, helper), '.br']).slice(0, -1),
    '.SH DESCRIPTION',
    line(program.description()),
    ...blocks.slice(0, sections).flatMap((block) => blockLines(block, paragraph)),
    '.SH OPTIONS',
    ...optionLines(helper.visibleOptions(program), helper),
    '.SH COMMANDS',
    ...helper.visibleCommands(program).flatMap((command) => commandLines(command, name, helper)),
    `.SH ${headingOf(MODEL_OPTIONS)}`,
    ...optionLines(model.options, helper),
    ...helpBlocks(model).flatMap((block) => blockLines(block, paragraph)),
    ...blocks.slice(sections).flatMap((block) => blockLines(block, (heading) => `.SH ${headingOf(heading)}`)),
  ]
  return `${lines.join('\n')}\n`
}

function commandLines(command: Command, program: string, helper: Help): readonly string[] {
  return [
    `.SS ${program} ${command.name()}`,
    line(command.description()),
    ...command.registeredArguments.flatMap((argument) => tagged(italic(argument.name()), argument.description)),
    ...Array.from(ownGroupsOf(command, helper)).flatMap(([group, options]) =>
      group === MODEL_OPTIONS ? ['.PP', `Also the options under ${headingOf(group)}.`] : [paragraph(group), ...optionLines(options, helper)],
    ),
    ...(command.name() === 'help' ? [] : helpBlocks(command).flatMap((block) => blockLines(block, paragraph))),
  ]
}

/** --help is described once, with the options of the program */
function ownGroupsOf(command: Command, helper: Help): ReadonlyMap<string, readonly Option[]> {
  return groupsOf(
    command,
    helper,
    helper.visibleOptions(command).filter(({ long }) => long !== '--help'),
  )
}

function synopsis(command: Command, helper: Help): string {
  const name = command.parent === null ? command.name() : `${command.parent.name()} ${command.name()}`
  return `${bold(name)}${term(helper.commandUsage(command).slice(name.length))}`
}

function optionLines(options: readonly Option[], helper: Help): readonly string[] {
  return options.flatMap((option) => tagged(term(helper.optionTerm(option)), helper.optionDescription(option)))
}

function blockLines({ kind, lines }: Block, heading: (text: string) => string): readonly string[] {
  if (kind === 'heading') return [heading(lines.join(' '))]
  if (kind === 'prose') return ['.PP', line(lines.join(' '))]
  return lines.map(itemOf).flatMap(([item, about]) => (about === undefined ? ['.PP', bold(item)] : tagged(bold(item), about)))
}

function tagged(tag: string, about: string): readonly string[] {
  return ['.TP', tag, line(about)]
}

function paragraph(heading: string): string {
  return `.PP\n${bold(heading)}`
}

function headingOf(heading: string): string {
  return heading.replace(/:$/, '').toUpperCase()
}

/** A line of text: a period or an apostrophe at its start would make it a request */
function line(text: string): string {
  return troff(text).replace(/^(?=[.'])/, '\\&')
}

/** Options in bold, what stands for something in italics */
function term(text: string): string {
  return text
    .split(/(-{1,2}\w[\w-]*|\b[A-Z]+\b)/)
    .map((part, i) => (i % 2 === 0 ? troff(part) : part.startsWith('-') ? bold(part) : italic(part)))
    .join('')
}

function bold(text: string): string {
  return `\\fB${troff(text)}\\fR`
}

function italic(text: string): string {
  return `\\fI${troff(text)}\\fR`
}

/** Text that troff prints as it is, with hyphens that can be copied into a shell */
function troff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/[^\x20-\x7e]/gu, (character) => `\\[u${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}]`)
}
