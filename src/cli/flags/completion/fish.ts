import type { CommandGrammar, Grammar, OptionGrammar, Value } from './grammar.ts'

/** A completion script for fish from 3.0 on */
export function fish({ program, commands, options }: Grammar): string {
  const [first] = commands
  const complete = (condition: string, rest: string) => `complete -c ${program} -n ${quoted(condition)} ${rest}`
  const isFirst = `__${program}_first`
  const completions = commands.flatMap((command) => {
    const isCommand = `test (__${program}_command) = ${command.name}`
    return [...command.options.map((option) => complete(isCommand, optionOf(option, program))), ...filesOf(command, isCommand, complete)]
  })
  return `# fish completion for ${program}
function __${program}_first
    test (count (commandline -opc)) -eq 1
end
function __${program}_command
    set -l words (commandline -opc)
    if contains -- "$words[2]" ${commands.map(({ name }) => name).join(' ')}
        echo $words[2]
    else
        echo ${first!.name}
    end
end
function __${program}_list
    set -l given (commandline -ct | string replace -r '^--[^=]*=' '' | string replace -r '[^,]*$' '')
    for name in $argv
        contains -- $name (string split , -- $given); or echo $given$name
    end
end
complete -c ${program} -f
${[
  ...commands.map(({ name, about }) => complete(isFirst, `-a ${name} -d ${quoted(about)}`)),
  ...options.map((option) => complete(isFirst, optionOf(option, program))),
  ...completions,
].join('\n')}
`
}

function filesOf({ values }: CommandGrammar, condition: string, complete: (condition: string, rest: string) => string): readonly string[] {
  return values.flatMap(({ kind, names }) => {
    if (kind === 'file') return [complete(condition, '-F')]
    return names.length === 0 ? [] : [complete(condition, `-a ${quoted(names.join(' '))}`)]
  })
}

function optionOf({ names, about, value }: OptionGrammar, program: string): string {
  const forms = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`))
  return [...forms, ...(value === undefined ? [] : [valueOf(value, program)]), `-d ${quoted(about)}`].join(' ')
}

function valueOf({ kind, names }: Value, program: string): string {
  if (kind === 'name') return `-x -a ${quoted(names.join(' '))}`
  if (kind === 'list') return `-x -a ${quoted(`(__${program}_list ${names.join(' ')})`)}`
  if (kind === 'folder') return `-x -a '(__fish_complete_directories)'`
  return kind === 'file' ? '-r -F' : '-x'
}

function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, String.raw`\$&`)}'`
}
