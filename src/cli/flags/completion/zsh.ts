import { type CommandGrammar, type Grammar, type OptionGrammar, quoted, type Value } from './grammar.ts'

/** A completion script for zsh: to source, or a file _rxrnn in a folder of fpath */
export function zsh({ program, commands, options }: Grammar): string {
  const [first] = commands
  return `#compdef ${program}
# zsh completion for ${program}
_${program}() {
  local command=${first!.name}
  local -a commands=(
${commands.map(({ name, about }) => `    ${quoted(`${name}:${about}`)}`).join('\n')}
  )
  local -a first=()
  if ((CURRENT == 2)); then
    [[ $words[2] == -* ]] || _describe -t commands command commands
    first=(
${options.map((option) => `      ${optionSpec(option)}`).join('\n')}
    )
  elif ((\${commands[(I)$words[2]:*]})); then
    command=$words[2]
    shift words
    ((CURRENT--))
  fi
  case $command in
${commands.map(caseOf).join('\n')}
  esac
}
if [[ $funcstack[1] == _${program} ]]; then
  _${program} "$@"
else
  compdef _${program} ${program}
fi
`
}

function caseOf({ name, options, values }: CommandGrammar, i: number): string {
  const specs = [...options.map(optionSpec), ...values.map((value) => quoted(`${value.variadic ? '*' : ''}:${value.placeholder}:${action(value)}`))]
  // the options of the program go with the command that is not named
  return `  ${name})
    _arguments -s -S${i === 0 ? ' $first' : ''} \\
${specs.map((spec) => `      ${spec}`).join(' \\\n')}
    ;;`
}

function optionSpec({ names, about, value, repeatable }: OptionGrammar): string {
  const what = `[${about.replace(/[\][:\\]/g, String.raw`\$&`)}]${value === undefined ? '' : `:${escaped(value.placeholder)}:${action(value)}`}`
  // a value is the next word, or what follows = or a short option
  const forms = names.map((name) => (value === undefined ? name : name.startsWith('--') ? `${name}=` : `${name}+`))
  if (repeatable) return forms.map((form) => quoted(`*${form}${what}`)).join(' ')
  return forms.map((form) => quoted(`${names.length > 1 ? `(${names.join(' ')})` : ''}${form}${what}`)).join(' ')
}

function escaped(text: string): string {
  return text.replaceAll(':', String.raw`\:`)
}

function action({ kind, names }: Value): string {
  if (kind === 'name') return `(${names.join(' ')})`
  if (kind === 'list') return `_sequence compadd - ${names.join(' ')}`
  if (kind === 'file') return '_files'
  // a space completes nothing
  return kind === 'folder' ? '_files -/' : ' '
}
