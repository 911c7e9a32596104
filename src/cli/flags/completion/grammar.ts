import type { Argument, Command, Option } from 'commander'

/** What may be typed, as far as a shell has to know it to complete it */
export interface Grammar {
  readonly program: string
  /** The first is the one that runs when none is named */
  readonly commands: readonly CommandGrammar[]
  /** Options that stand before a command */
  readonly options: readonly OptionGrammar[]
}

export interface CommandGrammar {
  readonly name: string
  readonly about: string
  readonly options: readonly OptionGrammar[]
  readonly values: readonly (Value & { readonly variadic: boolean })[]
}

export interface OptionGrammar {
  /** With their dashes, such as -f and --follow */
  readonly names: readonly string[]
  readonly about: string
  readonly value: Value | undefined
  readonly repeatable: boolean
}

/** A value of an option, or an argument: one of some names, some of them with commas between, a path, or something that cannot be completed */
export interface Value {
  readonly kind: 'name' | 'list' | 'file' | 'folder' | 'text'
  readonly placeholder: string
  readonly names: readonly string[]
}

/** The grammar of a commander program */
export function grammarOf(program: Command): Grammar {
  const names = program.commands.map((command) => command.name())
  return {
    program: program.name(),
    commands: program
      .createHelp()
      .visibleCommands(program)
      .map((command) => ({
        name: command.name(),
        about: command.summary() || command.description(),
        options: optionsOf(command),
        values: command.registeredArguments.map((argument) => ({ ...argumentOf(argument, names), variadic: argument.variadic })),
      })),
    options: optionsOf(program),
  }
}

function optionsOf(command: Command): readonly OptionGrammar[] {
  return command
    .createHelp()
    .visibleOptions(command)
    .map((option) => ({
      names: [option.short, option.long].filter((name) => name !== undefined),
      about: option.description,
      value: valueOf(option),
      repeatable: Array.isArray(option.defaultValue) && option.argChoices === undefined,
    }))
}

function valueOf({ flags, argChoices }: Option): Value | undefined {
  const placeholder = /[<[](.+)[>\]]/.exec(flags)?.[1]
  return placeholder === undefined ? undefined : value(placeholder, argChoices)
}

function argumentOf(argument: Argument, commands: readonly string[]): Value {
  return value(argument.name(), argument.name() === 'COMMAND' ? [...commands, ...(argument.argChoices ?? [])] : argument.argChoices)
}

const PATHS: ReadonlyMap<string, Value['kind']> = new Map([
  ['FILE', 'file'],
  ['DIR', 'folder'],
])

/** Placeholders name what they stand for: FILE, DIR, and NAME,... for names with commas between them */
function value(placeholder: string, names: readonly string[] | undefined): Value {
  if (names === undefined) return { kind: PATHS.get(placeholder) ?? 'text', placeholder, names: [] }
  return { kind: placeholder.endsWith(',...') ? 'list' : 'name', placeholder, names }
}

/** A word for bash and zsh, whatever is in it */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}
