import { type CommandGrammar, type Grammar, type OptionGrammar, quoted, type Value } from './grammar.ts'

/** A completion script for bash from 3.2 on. Before 4 a shell has no compopt: then files are offered also where none fit. */
export function bash({ program, commands, options }: Grammar): string {
  const [first] = commands
  const names = commands.map(({ name }) => name)
  return `# bash completion for ${program}
_${program}() {
  local word=\${COMP_WORDS[COMP_CWORD]} before='' command=${first!.name} kind=text names='' options i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    [[ \${COMP_WORDS[i]} == -- ]] && return
  done
  if ((COMP_CWORD > 1)); then
    case \${COMP_WORDS[1]} in
    ${names.join(' | ')}) command=\${COMP_WORDS[1]} ;;
    esac
    before=\${COMP_WORDS[COMP_CWORD - 1]}
    # --option=value is three words for bash
    if [[ $word == = ]]; then
      word=''
    elif [[ $before == = ]]; then
      before=\${COMP_WORDS[COMP_CWORD - 2]}
    fi
  fi
  case $command in
${commands.map(caseOf).join('\n')}
  esac
  if [[ $word == -* && $kind != value-* ]]; then
    kind=name names=$options
    ((COMP_CWORD == 1)) && names+=${quoted(` ${options.flatMap((option) => option.names).join(' ')}`)}
  elif ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W ${quoted(names.join(' '))} -- "$word"))
    [[ -z $word || \${#COMPREPLY[@]} -eq 0 ]] && return
    # a file may begin like a command
    compopt -o filenames 2>/dev/null
    while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -f -- "$word")
    return
  fi
  case \${kind#value-} in
  file) ;;
  folder) compopt +o default -o dirnames 2>/dev/null ;;
  list)
    compopt +o default -o nospace 2>/dev/null
    local given='' name
    [[ $word == *,* ]] && given=\${word%,*},
    for name in $names; do
      [[ ,$given != *,$name,* && $name == "\${word##*,}"* ]] && COMPREPLY+=("$given$name")
    done
    ;;
  *)
    compopt +o default 2>/dev/null
    COMPREPLY=($(compgen -W "$names" -- "$word"))
    ;;
  esac
}
complete -o default -F _${program} ${program}
`
}

function caseOf({ name, options, values }: CommandGrammar): string {
  const lines = [
    `options=${quoted(options.flatMap((option) => option.names).join(' '))}`,
    ...values.slice(-1).map((value) => assignments('', value)),
    'case $before in',
    ...casesOf(options).map(([names, value]) => `${names.join(' | ')}) ${assignments('value-', value)} ;;`),
    'esac',
    ';;',
  ]
  return [`  ${name})`, ...lines.map((line) => `    ${line}`)].join('\n')
}

/** The options that take the same kind of value share a case */
function casesOf(options: readonly OptionGrammar[]): readonly (readonly [names: readonly string[], value: Value])[] {
  const cases = new Map<string, [string[], Value]>()
  for (const { names, value } of options) {
    if (value === undefined) continue
    const key = assignments('', value)
    const [known] = cases.get(key) ?? [[]]
    cases.set(key, [[...known, ...names], value])
  }
  return [...cases.values()]
}

function assignments(prefix: string, { kind, names }: Value): string {
  return names.length === 0 ? `kind=${prefix}${kind}` : `kind=${prefix}${kind} names=${quoted(names.join(' '))}`
}
